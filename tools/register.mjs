// Loads TypeScript by the hooks of `compile.mjs`: `node --import ./tools/register.mjs FILE.ts`.
import { register } from 'node:module'

register('./compile.mjs', import.meta.url)
