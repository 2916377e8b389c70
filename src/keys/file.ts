/**
 * Reads a small file that decides about keys: without blocking, up to a limit, and only if other users cannot write it.
 * @module
 */
import type { Stats } from 'node:fs'
import { constants, type FileHandle, open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** The error for a file that is not trusted. Its `code` is for the operator. */
export class FileRefusal extends Error {
  readonly code: string

  constructor(code: string) {
    super(`the file is not trusted: ${code}`)
    this.code = code
  }
}

const WRITABLE_BY_OTHERS = 0o002
export const WRITABLE_BY_GROUP_OR_OTHERS = 0o022

/** `false` on Windows, whose `stat` reports every writable file as writable by all users. */
export const hasPermissions = process.platform !== 'win32'

/**
 * Reads the file of a `file:` URL. Symbolic links are followed, because the files of a Kubernetes ConfigMap are links.
 *
 * @throws {Error} rejected with: the `code` of the file system, `NOT_A_FILE`, `TOO_LARGE` or `WRITABLE_BY_OTHERS`
 */
export async function readJwksFile(url: string, maxBytes: number): Promise<string> {
  return readChecked(fileURLToPath(url), 0, maxBytes, ({ mode }) =>
    hasPermissions && (mode & WRITABLE_BY_OTHERS) !== 0 ? 'WRITABLE_BY_OTHERS' : undefined,
  )
}

/**
 * Opens a file, checks the opened file and reads it.
 *
 * @param flags - flags of `open` besides `O_RDONLY` and `O_NONBLOCK`
 * @param judge - returns the code of what is wrong with the file; `undefined` when nothing is wrong
 * @throws {Error} rejected with: the `code` of the file system, of `judge`, `NOT_A_FILE` or `TOO_LARGE`
 */
export async function readChecked(
  path: string,
  flags: number,
  maxBytes: number,
  judge: (stats: Stats) => string | undefined,
): Promise<string> {
  // O_NONBLOCK: opening a named pipe would block. Windows has neither; there `|` takes the missing constant for 0.
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

/** Reads up to a limit, because the file may have grown since `stat`. */
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
