// How much does a process hold that is not garbage? Needs --expose-gc.

/** Bytes. Twice, because what the first collection finalizes is freed by the second. */
export function heapAfterGc() {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
