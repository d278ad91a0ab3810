import type { NewKey } from '@custodia/wire/http/keys.ts'

export type Signing = 'none' | 'hmac-sha256' | 'ed25519'

/** What stands in the form of a new key, as it was typed. */
export type Typed = {
  readonly name: string
  readonly scopes: readonly string[]
  readonly days: string
  readonly networks: string
  readonly rate: string
  readonly signing: Signing
  readonly publicKey: string
  readonly only: boolean
}

/** The request that it stands for. What is empty is left to the server. */
export function wantedKey({ name, scopes, days, networks, rate, signing, publicKey, only }: Typed): NewKey {
  const listed = networks.split(/[\s,]+/).filter((one) => one !== '')
  return {
    name: name.trim(),
    scopes: [...scopes],
    ...(days.trim() === '' ? {} : { days: Number(days) }),
    ...(listed.length === 0 ? {} : { networks: listed }),
    ...(rate.trim() === '' ? {} : { requestsPerMinute: Number(rate) }),
    ...(signing === 'hmac-sha256' ? { signing: { algorithm: signing } } : {}),
    ...(signing === 'ed25519' ? { signing: { algorithm: signing, publicKey: publicKey.trim() } } : {}),
    ...(signing !== 'none' && only ? { requireSignature: true } : {}),
  }
}
