/**
 * The store of key sets in a folder of this machine: for a restart while the endpoint fails.
 * @module
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { constants, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { kindOf } from '../base/value-kind.js'
import { codeOf } from './cause.js'
import { MAX_DOCUMENT_BYTES } from './document.js'
import { FileRefusal, hasPermissions, readChecked, WRITABLE_BY_GROUP_OR_OTHERS } from './file.js'
import { type KeyStore, type StoredKeySet, StoreRefusal } from './store.js'

/** Size of the largest file; bytes. The document is a JSON string in the file, where escapes make it longer. */
const MAX_FILE_BYTES = 2 * MAX_DOCUMENT_BYTES
const ONLY_OWNER_FOLDER = 0o700
const ONLY_OWNER_FILE = 0o600

/**
 * Makes a store that keeps each key set in a file of its own, in one folder. The store makes a missing folder.
 *
 * **An attacker who can write to the folder can sign tokens of any user.** So the store refuses a folder or file that is a
 * symbolic link, that another user owns, or that its group or others can write, and reads regular files only. Windows has no
 * such permissions: there, keep other users from the folder by its access list.
 *
 * @param path - absolute path of the folder; not a folder that other programs use, such as `/tmp` itself
 * @throws {TypeError} for a path that is not absolute
 * @example await app.register(cognito, { pools, keys: { store: fileKeyStore('/var/cache/shop/cognito') } })
 */
export function fileKeyStore(path: string): KeyStore {
  if (typeof path !== 'string' || !isAbsolute(path)) {
    throw new TypeError(`fileKeyStore: expected the absolute path of a folder; found ${kindOf(path)}`)
  }
  // `resolve` removes a slash at the end, because `lstat` would follow a link before the slash.
  const folder = resolve(path)
  const pathOf = (url: string) => join(folder, `${createHash('sha256').update(url).digest('hex')}.json`)
  return Object.freeze({
    async load(url: string) {
      try {
        assertOwn(await lstat(folder))
        return await readStored(pathOf(url))
      } catch (error) {
        if (codeOf(error).code === 'ENOENT') return undefined
        throw error
      }
    },
    async save(set: StoredKeySet) {
      await mkdir(folder, { recursive: true, mode: ONLY_OWNER_FOLDER })
      assertOwn(await lstat(folder))
      await replaceFile(pathOf(set.url), JSON.stringify(set))
    },
  })
}

/** Checks the folder. A symbolic link is refused. */
function assertOwn(stats: Stats): void {
  const refusal = stats.isDirectory() ? judge(stats) : 'NOT_A_FOLDER'
  if (refusal !== undefined) throw new FileRefusal(refusal)
}

/** Returns the code of what is wrong with the owner or the permissions; `undefined` for nothing. */
function judge({ uid, mode }: Stats): string | undefined {
  if (hasPermissions && uid !== process.getuid?.()) return 'ANOTHER_OWNER'
  return hasPermissions && (mode & WRITABLE_BY_GROUP_OR_OTHERS) !== 0 ? 'WRITABLE_BY_OTHERS' : undefined
}

async function readStored(path: string): Promise<StoredKeySet> {
  const text = await readChecked(path, constants.O_NOFOLLOW, MAX_FILE_BYTES, judge)
  try {
    const { url, askedAt, document } = JSON.parse(text)
    return { url, askedAt, document }
  } catch {
    throw new StoreRefusal('MALFORMED')
  }
}

/** Replaces a file, so that a reader sees the old file or the new file, even after a power failure. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(draft, 'wx', ONLY_OWNER_FILE)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
