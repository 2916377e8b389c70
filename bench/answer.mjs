// How does a process of the benchmark answer the one that started it?

/** @param {Record<string, (input: any) => unknown>} questions */
export function answer(questions) {
  process.on('message', async ({ id, name, input }) => {
    try {
      process.send({ id, result: await questions[name](input) })
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) })
    }
  })
  process.once('disconnect', () => process.exit())
  process.send({ id: 0 })
}
