/**
 * Which schemas of other libraries are recognised, and how they can be used today.
 * @module
 */

/** Type guards around a schema `Member`, as the application writes them. */
const GUARDS: Readonly<Record<string, string>> = {
  zod: '(claims): claims is z.input<typeof Member> => Member.safeParse(claims).success',
  valibot: '(claims): claims is v.InferInput<typeof Member> => v.is(Member, claims)',
  arktype: '(claims): claims is typeof Member.inferIn => Member.allows(claims)',
  'typebox 1.x': '(claims): claims is Type.Static<typeof Member> => Value.Check(Member, claims)',
}

/**
 * Names the library of a schema that is not TypeBox 0.34's. An arktype schema is a function, so it has to be asked about
 * before a type guard is.
 *
 * @returns `undefined` for what is no schema of another library
 */
export function findLibrary(value: unknown): string | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  // Not enumerable in schemas of typebox 1.x.
  if ('~kind' in value) return 'typebox 1.x'
  if (!('~standard' in value)) return undefined
  const { vendor } = value['~standard'] as { readonly vendor?: unknown }
  return typeof vendor === 'string' && Object.hasOwn(GUARDS, vendor) ? vendor : 'another library'
}

/** How a schema of that library is given as `claims` today. */
export function adviseGuard(library: string): string {
  return `wrap the schema in a type guard: ${GUARDS[library] ?? '(claims): claims is Member => …'}`
}
