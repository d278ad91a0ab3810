/** What NOTIFY carries with room to spare: its payload must stay below 8,000 bytes (PostgreSQL, NOTIFY, parameter `payload`). */
export const maxFrameBytes = 7_900

const topicPattern = /^[a-z][a-z0-9.-]{0,63}$/
const senderPattern = /^[a-z2-7]{26}$/

/** One message on the wire: `sender topic text`. */
export type Frame = { readonly sender: string; readonly topic: string; readonly text: string }

/** @throws RangeError for what some medium could not carry: a strange topic, NUL, broken text, above 7,900 bytes. */
export function encodeFrame(frame: Frame): string {
  if (!topicPattern.test(frame.topic)) throw new RangeError(`a topic matches ${topicPattern}`)
  if (frame.text.includes('\0') || !frame.text.isWellFormed())
    throw new RangeError('a message is well-formed text without NUL')
  const encoded = `${frame.sender} ${frame.topic} ${frame.text}`
  if (encoded.length > maxFrameBytes || Buffer.byteLength(encoded) > maxFrameBytes)
    throw new RangeError(`a message has up to ${maxFrameBytes} bytes, its topic and sender included`)
  return encoded
}

/** Null for anything that `encodeFrame` did not make: others may be able to write to the channel. */
export function decodeFrame(encoded: string): Frame | null {
  if (encoded.length > maxFrameBytes) return null
  const afterSender = encoded.indexOf(' ')
  const afterTopic = encoded.indexOf(' ', afterSender + 1)
  if (afterSender < 0 || afterTopic < 0) return null
  const sender = encoded.slice(0, afterSender)
  const topic = encoded.slice(afterSender + 1, afterTopic)
  if (!senderPattern.test(sender) || !topicPattern.test(topic)) return null
  return { sender, topic, text: encoded.slice(afterTopic + 1) }
}
