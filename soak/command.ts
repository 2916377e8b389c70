/**
 * What the commands have in common: how they read numbers, speak, and end.
 * @module
 */

export const say = (...lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`)

/** @throws {TypeError} naming the argument */
export function toNumber(text: string, name: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value > 0) return value
  throw new TypeError(`${name}: expected a whole number from 1`)
}

/** Ends the process: where one of its children has ended too early, the load still waits for it. */
export async function exitWith(name: string, obey: () => Promise<number>): Promise<never> {
  // So that the children of a command end with it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  try {
    return process.exit(await obey())
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof TypeError ? error.message : (error as Error).stack}\n`)
    return process.exit(1)
  }
}
