/**
 * Which known name somebody meant who wrote an unknown one.
 * @module
 */

/** A known name → what else it is called elsewhere, where no count of letters tells. Both in their plain form. */
const OTHER_NAMES = new Map<string, readonly string[]>(
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

/** Case and separators do not count: `USER_POOL_ID`, `userPoolId` and `user-pool-id` are one name. */
const toPlain = (name: string) => name.toLowerCase().replace(/[\s_.-]/g, '')

/** How many letters of a name may be wrong. */
const limitOf = ({ length }: string) => (length >= 9 ? 2 : length >= 4 ? 1 : 0)

/** A short name of the kind may be a word of its own: `tools` is no `pools`. */
const limitOfOther = (name: string) => (name.length >= 6 ? limitOf(name) : 0)

/**
 * The known name that a misspelt one was meant to be; `undefined` where none is near.
 *
 * @example nearestSpelling('USERPOOL_ID', ['USER_POOL_ID', 'REGION']) // 'USER_POOL_ID'
 */
export const nearestSpelling = (name: string, known: readonly string[]): string | undefined =>
  nearest(name, known, () => [])

/**
 * Like {@link nearestSpelling}, and knows other usual names of options.
 *
 * @example nearestName('clientId', ['userPoolId', 'appClientId']) // 'appClientId'
 */
export const nearestName = (name: string, known: readonly string[]): string | undefined =>
  nearest(name, known, (plain) => OTHER_NAMES.get(plain) ?? [])

/** Whether two names are one but for case and separators. */
export const isSameName = (a: string, b: string): boolean => toPlain(a) === toPlain(b)

function nearest(
  name: string,
  known: readonly string[],
  listOthers: (plain: string) => readonly string[],
): string | undefined {
  const given = toPlain(name)
  const candidates = known.flatMap((candidate) => {
    const plain = toPlain(candidate)
    const others = listOthers(plain).map((spelling) => ({
      candidate,
      spelling,
      limit: limitOfOther(spelling),
    }))
    return [{ candidate, spelling: plain, limit: limitOf(plain) }, ...others]
  })
  const [best] = candidates
    // A name may be as long as somebody likes, and counting takes time by its length.
    .filter(({ spelling, limit }) => Math.abs(given.length - spelling.length) <= limit)
    .map(({ candidate, spelling, limit }) => ({ candidate, limit, faults: countFaults(given, spelling) }))
    .filter(({ faults, limit }) => faults <= limit)
    .sort((a, b) => a.faults - b.faults)
  return best?.candidate
}

/** Letters that are missing, too many or wrong, and neighbours that changed places (optimal string alignment). */
function countFaults(a: string, b: string): number {
  // Row i, column j: the faults of the first i letters of `a` as the first j of `b`.
  const table: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number) => (table[i] as number[])[j] as number
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
          isSwapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
  }
  return at(a.length, b.length)
}
