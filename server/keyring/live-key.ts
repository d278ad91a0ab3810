import type { KeyObject } from 'node:crypto'
import type { EnvelopeKey } from '@custodia/wire/envelope/envelope.ts'
import { keyIdBytes } from '@custodia/wire/envelope/envelope.ts'
import { KcXaesKey } from '@custodia/wire/envelope/kc-xaes-key.ts'
import type { Scope } from './scope.ts'

/** A key as it is used: unwrapped, in the hands of `node:crypto`, so that nothing prints it. */
export class LiveKey implements EnvelopeKey {
  /** UUID; `keyId` has the same as bytes. */
  readonly id: string
  readonly keyId: Uint8Array
  readonly number = 0
  readonly scope: Scope
  /** 32 bytes, for what is derived from it. */
  readonly secret: KeyObject
  #sealing: KcXaesKey | null = null

  constructor(id: string, scope: Scope, secret: KeyObject) {
    this.id = id
    this.keyId = keyIdBytes(id)
    this.scope = scope
    this.secret = secret
  }

  /** Made ready at the first use: most keys of applications' subjects never seal anything themselves. */
  get sealing(): KcXaesKey {
    this.#sealing ??= new KcXaesKey(this.secret)
    return this.#sealing
  }
}

/** What stays of a key that was destroyed. */
export type ShreddedKey = { readonly id: string; readonly scope: Scope; readonly shreddedAt: Date }

export const isLive = (key: LiveKey | ShreddedKey): key is LiveKey => 'secret' in key
