/**
 * A cache for what a pool and a requirement compile to, for functions that get both at each call.
 * @module
 */
import type { Selectable } from './pool-selection.js'
import type { PoolSelector } from './register.js'

interface Store<V> {
  get(key: unknown): V | undefined
  set(key: unknown, value: V): unknown
}

/** Greatest number of lists of pools that are kept for a requirement, because a request may choose the list. */
const MAX_LISTS = 100

/**
 * Returns a function that compiles each requirement object once for each pool. A requirement object that is no longer used
 * leaves the cache, and so does a function that chooses pools, a selector of tenants, and a list with one.
 */
export function compileOnce<S extends PoolSelector<Selectable>, R extends object, V>(
  compile: (pool: S, requirement: R) => V,
): (pool: S, requirement: R) => V {
  const known = new WeakMap<R, { readonly byNames: Map<unknown, V>; readonly byObject: Store<V> }>()
  return (pool, requirement) => {
    const stores = known.get(requirement) ?? { byNames: new Map(), byObject: new WeakMap() }
    const hasNamesOnly = [pool].flat().every((name) => typeof name !== 'object' && typeof name !== 'function')
    const store = hasNamesOnly ? stores.byNames : stores.byObject
    const key = hasNamesOnly ? JSON.stringify([pool].flat()) : pool
    const value = store.get(key) ?? compile(pool, requirement)
    if (stores.byNames.size > MAX_LISTS) stores.byNames.clear()
    store.set(key, value)
    known.set(requirement, stores)
    return value
  }
}
