import type { KeyObject } from 'node:crypto'
import type { EnvelopeKey } from '@custodia/wire/envelope/envelope.ts'
import type { Scope } from './scope.ts'

/** A key as it is used: unwrapped, in the hands of `node:crypto`, so that nothing prints it. */
export type LiveKey = EnvelopeKey & {
  /** UUID; `keyId` has the same as bytes. */
  readonly id: string
  readonly scope: Scope
  readonly secret: KeyObject
}

/** What stays of a key that was destroyed. */
export type ShreddedKey = { readonly id: string; readonly scope: Scope; readonly shreddedAt: Date }

export const isLive = (key: LiveKey | ShreddedKey): key is LiveKey => 'secret' in key
