import type { KeyObject } from 'node:crypto'
import type { Access } from '../access/api.ts'
import type { Identity } from '../identity/api.ts'
import type { Keyring } from '../keyring/api.ts'
import type { Cache } from '../platform/cache/cache.ts'
import type { Context } from '../platform/module.ts'
import type { Background } from './background.ts'
import type { config } from './config.ts'
import type { LiveKeys } from './live-keys.ts'

/** What the use cases of this module stand on. */
export type Parts = {
  readonly context: Context<typeof config>
  readonly keyring: Keyring
  readonly access: Access
  readonly identity: Identity
  /** Under which hashes of secrets are made. */
  readonly pepper: KeyObject
  readonly live: LiveKeys
  readonly background: Background
  /** Counts in this process alone, for as long as the shared cache can't be reached. */
  readonly own: Cache
}

export const nowOf = ({ context }: Pick<Parts, 'context'>): Date => new Date(context.clock.nowMs())
