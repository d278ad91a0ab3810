import type { Hash } from 'node:crypto'
import { createHash, timingSafeEqual } from 'node:crypto'
import { SignatureError } from './signature-error.ts'
import { parseDictionary, serializeBare } from './structured-fields.ts'

/** RFC 9530 §5: the two that are not broken; the others are refused, also beside one of these. */
const hashes = { 'sha-256': { node: 'sha256', bytes: 32 }, 'sha-512': { node: 'sha512', bytes: 64 } } as const

export type DigestAlgorithm = keyof typeof hashes
export type ContentDigest = { readonly algorithm: DigestAlgorithm; readonly value: Uint8Array }

const maxLength = 512

/** The value of Content-Digest (RFC 9530 §2) for these bytes. */
export function contentDigest(body: Uint8Array, algorithm: DigestAlgorithm = 'sha-256'): string {
  const value = createHash(hashes[algorithm].node).update(body).digest()
  return `${algorithm}=${serializeBare({ kind: 'bytes', value })}`
}

/**
 * @param text all lines of the header.
 * @returns one or two.
 * @throws SignatureError `digest-form`.
 */
export function parseContentDigest(text: string): readonly ContentDigest[] {
  if (text.length > maxLength) throw new SignatureError('digest-form')
  let members: ReturnType<typeof parseDictionary>
  try {
    members = parseDictionary(text)
  } catch {
    throw new SignatureError('digest-form')
  }
  const digests = [...members].map(([name, member]): ContentDigest => {
    const algorithm = Object.hasOwn(hashes, name) ? (name as DigestAlgorithm) : null
    const bare = member.kind === 'item' && member.parameters.size === 0 ? member.bare : null
    const fits = algorithm !== null && bare?.kind === 'bytes' && bare.value.length === hashes[algorithm].bytes
    if (!fits) throw new SignatureError('digest-form')
    return { algorithm, value: bare.value }
  })
  if (digests.length === 0) throw new SignatureError('digest-form')
  return digests
}

/** Compares a body with what was signed while it passes by, so that nobody needs to hold the whole of it. */
export class BodyCheck {
  readonly #digests: readonly { readonly value: Uint8Array; readonly hash: Hash }[] | null

  /** @param digests null where the request has no Content-Digest: then it has no body either. */
  constructor(digests: readonly ContentDigest[] | null) {
    this.#digests =
      digests?.map(({ algorithm, value }) => ({ value, hash: createHash(hashes[algorithm].node) })) ?? null
  }

  /** @throws SignatureError `digest-missing`. */
  update(part: Uint8Array): void {
    if (this.#digests === null && part.length > 0) throw new SignatureError('digest-missing')
    for (const { hash } of this.#digests ?? []) hash.update(part)
  }

  /** @throws SignatureError `digest`. */
  end(): void {
    for (const { value, hash } of this.#digests ?? []) {
      if (!timingSafeEqual(hash.digest(), value)) throw new SignatureError('digest')
    }
  }
}
