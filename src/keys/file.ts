/**
 * How a small file is read that decides about keys: without waiting, within a size, and only what others cannot write.
 * @module
 */

import type { Stats } from 'node:fs'
import { constants, type FileHandle, open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Why a file is not believed. Its `code` is for the operator. */
export class FileRefusal extends Error {
  readonly code: string

  constructor(code: string) {
    super(`the file is not believed: ${code}`)
    this.code = code
  }
}

const WRITABLE_BY_OTHERS = 0o002
export const WRITABLE_BY_GROUP_OR_OTHERS = 0o022

/** Windows has no such permissions: its `stat` tells of every file that can be written that all can write it. */
export const hasPermissions = process.platform !== 'win32'

/**
 * Reads the file of a `file:` URL. A link is followed, as a ConfigMap of Kubernetes is one.
 *
 * @throws {Error} rejected: with the code of the file system, `NOT_A_FILE`, `TOO_LARGE`, or `WRITABLE_BY_OTHERS`
 */
export async function readJwksFile(url: string, maxBytes: number): Promise<string> {
  return readChecked(fileURLToPath(url), 0, maxBytes, ({ mode }) =>
    hasPermissions && (mode & WRITABLE_BY_OTHERS) !== 0 ? 'WRITABLE_BY_OTHERS' : undefined,
  )
}

/**
 * Opens a file, judges the very file that was opened, and reads it.
 *
 * @param flags - besides those for reading without waiting for a pipe's other end
 * @param judge - the code of what is wrong with it
 * @throws {Error} rejected: with the code of the file system, or that of the verdict
 */
export async function readChecked(
  path: string,
  flags: number,
  maxBytes: number,
  judge: (stats: Stats) => string | undefined,
): Promise<string> {
  // Windows has no O_NONBLOCK, and no pipes among its files: `|` takes what is not there for 0.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | flags)
  try {
    const stats = await file.stat()
    const refusal = stats.isFile() ? judge(stats) : 'NOT_A_FILE'
    if (refusal !== undefined) throw new FileRefusal(refusal)
    return await readUpTo(file, maxBytes)
  } finally {
    await file.close()
  }
}

/** The size that `stat` tells may be wrong by the time of reading. */
async function readUpTo(file: FileHandle, maxBytes: number): Promise<string> {
  const buffer = Buffer.allocUnsafe(maxBytes + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length)
    length += bytesRead
    if (length > maxBytes) throw new FileRefusal('TOO_LARGE')
    if (bytesRead === 0) return buffer.toString('utf8', 0, length)
  }
}
