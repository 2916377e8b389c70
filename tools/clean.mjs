// Empties dist/, so that a file that is gone from src/ is not published.
import { rmSync } from 'node:fs'

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
