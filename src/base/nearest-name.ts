/**
 * Finds the known name that an unknown name was probably meant to be.
 * @module
 */

/** Known name → its synonyms, which have too many other letters to be misspellings. Both are in plain form. */
const SYNONYMS = new Map<string, readonly string[]>(
  Object.entries({
    pools: ['pool', 'userpools', 'userpool'],
    userpools: ['pools'],
    userpoolid: ['poolid', 'userpool'],
    appclientid: ['clientid', 'client', 'userpoolclientid'],
    clientid: ['appclientid', 'userpoolclientid'],
    clientsecret: ['secret', 'appclientsecret'],
    issuer: ['iss'],
    audience: ['aud'],
    clocktolerance: ['tolerance', 'clockskew', 'leeway'],
    tokencache: ['cache'],
    groups: ['roles'],
  }),
)

/** Returns the plain form of a name, without case and separators: `userpoolid` for `USER_POOL_ID` and `userPoolId`. */
const toPlain = (name: string) => name.toLowerCase().replace(/[\s_.-]/g, '')

/** Returns how many letters of a name may be wrong: two from nine letters on, one from four. */
const limitOf = ({ length }: string) => (length >= 9 ? 2 : length >= 4 ? 1 : 0)

/** Returns how many letters of a synonym may be wrong: none in a short one, because `tools` is no misspelt `pools`. */
const limitOfSynonym = (name: string) => (name.length >= 6 ? limitOf(name) : 0)

/**
 * Returns the known name that a misspelt one was meant to be; `undefined` when none is near.
 *
 * @example nearestSpelling('USERPOOL_ID', ['USER_POOL_ID', 'REGION']) // 'USER_POOL_ID'
 */
export const nearestSpelling = (name: string, known: readonly string[]): string | undefined =>
  nearest(name, known, () => [])

/**
 * Does the same as {@link nearestSpelling}, and also knows synonyms of option names.
 *
 * @example nearestName('clientId', ['userPoolId', 'appClientId']) // 'appClientId'
 */
export const nearestName = (name: string, known: readonly string[]): string | undefined =>
  nearest(name, known, (plain) => SYNONYMS.get(plain) ?? [])

/** Tells whether two names differ in case and separators only. */
export const isSameName = (a: string, b: string): boolean => toPlain(a) === toPlain(b)

function nearest(
  name: string,
  known: readonly string[],
  listSynonyms: (plain: string) => readonly string[],
): string | undefined {
  const given = toPlain(name)
  const candidates = known.flatMap((candidate) => {
    const plain = toPlain(candidate)
    const synonyms = listSynonyms(plain).map((spelling) => ({
      candidate,
      spelling,
      limit: limitOfSynonym(spelling),
    }))
    return [{ candidate, spelling: plain, limit: limitOf(plain) }, ...synonyms]
  })
  const [best] = candidates
    // The cost of countFaults grows with the length of the name, which has no limit.
    .filter(({ spelling, limit }) => Math.abs(given.length - spelling.length) <= limit)
    .map(({ candidate, spelling, limit }) => ({ candidate, limit, faults: countFaults(given, spelling) }))
    .filter(({ faults, limit }) => faults <= limit)
    .sort((a, b) => a.faults - b.faults)
  return best?.candidate
}

/** Counts missing, extra and wrong letters and swapped neighbours (optimal string alignment distance). */
function countFaults(a: string, b: string): number {
  // Row i, column j: the distance of the first i letters of `a` from the first j letters of `b`.
  const table: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number) => table[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    table.push(row)
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(
        Math.min(
          at(i, j - 1) + 1,
          at(i - 1, j) + 1,
          at(i - 1, j - 1) + (isSame ? 0 : 1),
          at(i - 2, j - 2) + (isSwapped ? 1 : Number.POSITIVE_INFINITY),
        ),
      )
    }
  }
  return at(a.length, b.length)
}
