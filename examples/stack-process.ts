/**
 * The process of one stack: `stack-process.ts CHECK` runs the `check` of that file.
 * @module
 */
import { pathToFileURL } from 'node:url'
import type { Example } from './index.js'

const { check } = (await import(pathToFileURL(process.argv[2] ?? '').href)) as Example
const obstacle = await check()
// Servers and timers that an example left open do not keep the process.
process.send?.({ obstacle }, () => process.exit(0))
