import type { X509Certificate } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { ProofOfWork } from '@custodia/edge/challenge/proof-of-work.ts'
import type { Access } from '../access/api.ts'
import type { Keyring, Place } from '../keyring/api.ts'
import type { Mail } from '../mail/api.ts'
import { setting } from '../platform/config/setting.ts'
import type { Context } from '../platform/module.ts'
import type { Sessions } from '../sessions/api.ts'
import type { DisownedListener } from './api.ts'
import { workSettings } from './challenge/settings.ts'
import type { Guesses } from './guesses.ts'
import { attestationSettings } from './passkeys/attestation-roots.ts'
import type { Breached } from './passwords/breached.ts'
import type { Hasher } from './passwords/hasher.ts'
import { passwordSettings } from './passwords/settings.ts'
import type { People } from './people.ts'
import type { Queue } from './queue.ts'
import type { Later } from './recovery/later.ts'
import type { Risk } from './risk/open-risk.ts'
import { riskSettings } from './risk/settings.ts'

export const config = {
  ...passwordSettings,
  ...attestationSettings,
  argon2MemoryKib: setting.number({
    description:
      'Memory of one Argon2id hash: by default the second choice of RFC 9106 §4, at least what OWASP asks for. Older hashes are renewed at the next sign-in.',
    example: '131072',
    default: 65_536,
    min: 19_456,
    max: 1_048_576,
    unit: 'KiB',
  }),
  argon2Passes: setting.number({
    description: 'Passes of one Argon2id hash over its memory.',
    example: '4',
    default: 3,
    min: 2,
    max: 16,
    unit: 'passes',
  }),
  hashesAtOnce: setting.number({
    description:
      'How many passwords are hashed at once; others wait. Each takes its memory and a thread of UV_THREADPOOL_SIZE.',
    example: '8',
    // One of the four threads that Node starts with stays free for files and names.
    default: Math.min(availableParallelism(), 3),
    min: 1,
    max: 64,
    unit: 'hashes',
  }),
  recoveryWaitHours: setting.number({
    description:
      'How long a recovery that two administrators granted waits before its link goes out, for the person to cancel it.',
    example: '72',
    default: 24,
    min: 0,
    max: 168,
    unit: 'hours',
  }),
  ...riskSettings,
  ...workSettings,
}

/** What the use cases of this module work with. */
export type Parts = {
  readonly context: Context<typeof config>
  readonly keyring: Keyring
  readonly access: Access
  readonly sessions: Sessions
  readonly mail: Mail
  readonly hasher: Hasher
  readonly breached: Breached
  readonly guesses: Guesses
  readonly risk: Risk
  readonly people: People
  /** Certificates of the makers of authenticators that the operator trusts. */
  readonly attestationRoots: readonly X509Certificate[]
  /** Key of the hashes of links. */
  readonly linkKey: Buffer
  /** Challenges that ask strangers for work. */
  readonly work: ProofOfWork
  /** Key of the hashes of sign-ins under way. */
  readonly attemptKey: Buffer
  /** Key of the hashes of recovery codes. */
  readonly recoveryKey: Buffer
  /** Key of the hashes of codes that travel. */
  readonly sentCodeKey: Buffer
  /** Recoveries that were asked for and begin after the answer. */
  readonly later: Later
  /** Told within the transaction in which a person says that it was not them. */
  readonly disowned: Set<DisownedListener>
  /** Changes of people, one at a time: each needs a second connection while it holds one. */
  readonly changes: Queue
}

/** The role whose holders can undo everything; at least one of them can always sign in. */
export const administrator = 'administrator'

export const nowOf = ({ context }: Parts): Date => new Date(context.clock.nowMs())

/** Where a person's own fields stand: sealed under that person's key. */
export function place(
  person: { readonly organisationId: string; readonly id: string },
  field: 'email' | 'name',
): Place {
  return {
    organisationId: person.organisationId,
    subjectId: person.id,
    collection: 'identity.person',
    record: person.id,
    field,
    schemaVersion: 1,
  }
}

/** The fingerprint under which a person is found. The scope is the installation: nobody has one address twice. */
export function emailIndex({ keyring }: Parts, normalised: string): Promise<Buffer> {
  return keyring.blindIndex({ organisationId: null, collection: 'identity.person', field: 'email' }, normalised)
}
