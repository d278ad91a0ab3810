/**
 * Waits until the work is done or called off. The work itself goes on, since others may wait for it too.
 *
 * @param discard receives what comes after nobody waits for it any more.
 * @throws the signal's reason, or what the work throws.
 */
export async function orAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  discard: (unused: T) => void,
): Promise<T> {
  if (signal === undefined) return await work
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => {
    work.then(discard, () => {})
    reject(signal.reason)
  }
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([aborted, work])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
