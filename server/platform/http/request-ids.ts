/** Request ids: a random prefix for the process, or for whoever asks, and a count. */
export function requestIds(): () => string {
  const prefix = `req_${crypto.randomUUID().slice(0, 13).replace('-', '')}`
  let count = 0
  return () => `${prefix}_${(++count).toString(36)}`
}
