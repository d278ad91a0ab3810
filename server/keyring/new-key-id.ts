import { keyIdText } from '@custodia/wire/envelope/envelope.ts'
import type { Random } from '../platform/random.ts'

/** A random UUID in lower case. RFC 9562 §5.4: version 4, variant 10. */
export function newKeyId(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return keyIdText(bytes)
}
