#!/usr/bin/env node
/**
 * The program `fastify-cognito`: hands the process over to the command.
 * @module
 */
import { run } from './command.js'

const { argv, env, stdin, stdout, stderr } = process
process.exitCode = await run({ argv: argv.slice(2), env, stdin, stdout, stderr })
