// What each process of `npm test` loads first: the hooks for TypeScript, and keys that are made already.
// `node --import ./tools/register.mjs FILE.ts` runs a test file as `npm test` does.
import { register } from 'node:module'
// biome-ignore lint/correctness/useImportExtensions: no TypeScript here, so the name is the file's
import './rsa-keys.mjs'

register('./compile.mjs', import.meta.url)
