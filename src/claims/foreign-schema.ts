/**
 * Recognises the schemas of other libraries and says how to use them.
 * @module
 */

/** Library → the type guard around a schema `Member`, as the application writes it. */
const GUARDS: Readonly<Record<string, string>> = {
  zod: '(claims): claims is z.input<typeof Member> => Member.safeParse(claims).success',
  valibot: '(claims): claims is v.InferInput<typeof Member> => v.is(Member, claims)',
  arktype: '(claims): claims is typeof Member.inferIn => Member.allows(claims)',
  'typebox 1.x': '(claims): claims is Type.Static<typeof Member> => Value.Check(Member, claims)',
}

/**
 * Names the library of a schema, unless TypeBox 0.34 made the schema. An arktype schema is a function, so callers look
 * here before they take a function for a type guard.
 *
 * @returns `undefined` for a value that is no schema of another library
 */
export function findLibrary(value: unknown): string | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  // `~kind` is not enumerable in a schema of typebox 1.x.
  if ('~kind' in value) return 'typebox 1.x'
  if (!('~standard' in value)) return undefined
  const { vendor }: { readonly vendor?: unknown } = Object(value['~standard'])
  return typeof vendor === 'string' && Object.hasOwn(GUARDS, vendor) ? vendor : 'another library'
}

/** Says how to pass a schema of that library as the option `claims`. */
export function adviseGuard(library: string): string {
  return `wrap the schema in a type guard: ${GUARDS[library] ?? '(claims): claims is Member => …'}`
}
