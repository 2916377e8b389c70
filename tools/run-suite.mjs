/**
 * Runs a compiled test file on Bun or on Deno: `run-suite.mjs FILE`.
 */
import { pathToFileURL } from 'node:url'
// biome-ignore lint/correctness/useImportExtensions: no TypeScript here, so the name is the file's
import { finish } from './tap-stand-in.mjs'

await import(pathToFileURL(process.argv[2]).href)
await finish()
