/**
 * A cache for what a pool and a requirement compile to, for functions that get both at each call.
 * @module
 */
import type { Selectable } from './pool-selection.js'
import type { PoolSelector } from './register.js'

/** Greatest number of lists of names that are kept for a requirement, because a request may choose the list. */
const MAX_LISTS = 100

/** Results with one function or one selector, or with neither, by the names of pools beside it. */
type ByNames<V> = Map<string, V>

/** Stands for names without a function or a selector. */
const NAMES_ALONE = {}

/**
 * Returns a function that compiles each requirement object once for each pool. A requirement object that is no longer used
 * leaves the cache, and so do a function that chooses pools and a selector of tenants. A list counts by what it has, because
 * it may change, and because a call may write it out each time.
 */
export function compileOnce<S extends PoolSelector<Selectable>, R extends object, V>(
  compile: (pool: S, requirement: R) => V,
): (pool: S, requirement: R) => V {
  const known = new WeakMap<R, WeakMap<object, ByNames<V>>>()
  return (pool, requirement) => {
    const { objects, key } = split(pool)
    const [object = NAMES_ALONE, another] = objects
    // Several are refused.
    if (another !== undefined) return compile(pool, requirement)
    const byObject = known.get(requirement) ?? new WeakMap<object, ByNames<V>>()
    const byNames = byObject.get(object) ?? new Map<string, V>()
    const value = byNames.get(key) ?? compile(pool, requirement)
    if (byNames.size > MAX_LISTS) byNames.clear()
    known.set(requirement, byObject.set(object, byNames.set(key, value)))
    return value
  }
}

/** Splits a pool into its names, as a key, and the rest. A function in a list is refused, so it has another key than alone. */
function split(pool: unknown): { readonly objects: readonly object[]; readonly key: string } {
  if (typeof pool === 'function') return { objects: [pool], key: '' }
  const parts: unknown[] = [pool].flat()
  const names = parts.filter((part) => !isReference(part))
  return { objects: parts.filter(isReference), key: JSON.stringify(names) }
}

const isReference = (part: unknown): part is object =>
  (typeof part === 'object' && part !== null) || typeof part === 'function'
