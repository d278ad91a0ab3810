import { argon2 } from './argon2.ts'
import { bcrypt } from './bcrypt.ts'
import { pbkdf2 } from './pbkdf2.ts'
import type { ForeignHash, Scheme } from './scheme.ts'
import { scrypt } from './scrypt.ts'

/** Every way of hashing passwords that Custodia can take over from elsewhere. */
const schemes: readonly Scheme[] = [bcrypt, scrypt, pbkdf2, argon2]

const maxCharacters = 512

/**
 * Reads a hash that another system made.
 *
 * @returns null where it is of no known form, or asks for more than a server can bear: that is found out before anything is computed.
 */
export function readForeignHash(text: string): ForeignHash | null {
  if (text.length > maxCharacters) return null
  for (const scheme of schemes) {
    const hash = scheme.read(text)
    if (hash !== null) return hash
  }
  return null
}

/** What would be taken, in words. */
export const acceptedHashes = schemes.map(({ accepts }) => accepts).join('; ')
