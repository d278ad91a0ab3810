import { X509Certificate } from 'node:crypto'
import type { TextFile } from '../../config/read-text-file.ts'
import { readTextFile } from '../../config/read-text-file.ts'

/** What the log says of a key's file. */
export const othersCanRead = 'the key is one that others on this machine can read'

const maxBytes = 1_048_576
const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @throws Error in words that name the path, and repeat nothing of what is inside. */
export function readPem(path: string): TextFile {
  try {
    return readTextFile(path, maxBytes)
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`)
  }
}

/** @throws Error in words where the text does not hold a certificate, or holds one that is none. */
export function checkAuthorities(pem: string, path: string): void {
  const blocks = pem.match(block) ?? []
  if (blocks.length === 0) throw new Error(`${path}: there is no certificate in PEM`)
  for (const one of blocks)
    try {
      new X509Certificate(one)
    } catch {
      throw new Error(`${path}: a certificate in it can't be read`)
    }
}
