/**
 * Detects RSA keys with the weakness ROCA (CVE-2017-15361): the private key can be computed from the modulus.
 *
 * The faulty library of Infineon chose each prime as `k * M + (65537^a mod M)`. M is the product of the first primes; for
 * moduli of 1,984 bits or more these are at least all primes up to 701. So the modulus is a power of 65,537 modulo each
 * of these primes. The chance that any other modulus has this form is far below one in 2^64.
 *
 * @see https://crocs.fi.muni.cz/_media/public/papers/nemec_roca_ccs17_preprint.pdf, sections 2.1 and 2.3
 * @module
 */

const GENERATOR = 65_537
const LARGEST_PRIME = 701

/** A prime, and the powers of 65,537 modulo it. */
type Powers = readonly [prime: bigint, powers: ReadonlySet<number>]

const FINGERPRINT: readonly Powers[] = Array.from({ length: LARGEST_PRIME }, (_, index) => index + 1)
  .filter(isOddPrime)
  .map((prime) => [BigInt(prime), powersModulo(prime)])

/**
 * Tells whether a modulus has the form of ROCA.
 *
 * @param n - the modulus in base64url (RFC 7518 §6.3.1.1)
 */
export function isWeakByRoca(n: string): boolean {
  const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)
  return FINGERPRINT.every(([prime, powers]) => powers.has(Number(modulus % prime)))
}

function isOddPrime(number: number): boolean {
  if (number < 3 || number % 2 === 0) return false
  for (let divisor = 3; divisor * divisor <= number; divisor += 2) if (number % divisor === 0) return false
  return true
}

function powersModulo(prime: number): ReadonlySet<number> {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * GENERATOR) % prime) powers.add(power)
  return powers
}
