/**
 * The type of the environment, which functions take as an argument so that a test can choose it.
 * @module
 */

/** Environment variables: name → value, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>
