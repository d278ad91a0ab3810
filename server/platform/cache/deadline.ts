/** What did not answer in time. */
export class DeadlinePassed extends Error {
  constructor(name: string, ms: number) {
    super(`${name} did not answer within ${ms} ms`)
    this.name = 'DeadlinePassed'
  }
}

/**
 * The answer, or `DeadlinePassed` after `ms`. What was asked may still happen: the caller must not take silence for 'no'.
 */
export function withDeadline<T>(name: string, ms: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // This process may be the slow one: answers that wait in the socket are read before it is called late.
      setImmediate(() => reject(new DeadlinePassed(name, ms)))
    }, ms)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
