import type { Access } from '../access/api.ts'
import type { Keyring } from '../keyring/api.ts'
import { setting } from '../platform/config/setting.ts'
import { loopbackHosts } from '../platform/http/hosts.ts'
import type { Context } from '../platform/module.ts'
import type { EndedSessions } from './ended-sessions.ts'
import type { LiveSessions } from './live-sessions.ts'

export const config = {
  idleTimeoutSeconds: setting.number({
    description: 'How long a session lives without a request. It may end up to a minute sooner.',
    example: '900',
    default: 1_800,
    min: 120,
    max: 86_400,
    unit: 'seconds',
  }),
  absoluteTimeoutSeconds: setting.number({
    description: 'How long a session lives at most, however much it is used.',
    example: '28800',
    default: 43_200,
    min: 300,
    max: 2_592_000,
    unit: 'seconds',
  }),
  maxPerPerson: setting.number({
    description: 'How many sessions a person may have at once; one more ends the oldest.',
    example: '10',
    default: 50,
    min: 1,
    max: 200,
    unit: 'sessions',
  }),
  retentionDays: setting.number({
    description: 'How long a session that is over is kept before it is deleted.',
    example: '90',
    default: 30,
    min: 1,
    max: 3_650,
    unit: 'days',
  }),
}

/** What the use cases of this module work with. */
export type Parts = {
  readonly context: Context<typeof config>
  readonly keyring: Keyring
  readonly access: Access
  /** Key of the hashes that the database holds. */
  readonly tokenKey: Buffer
  readonly live: LiveSessions
  readonly ended: EndedSessions
}

export const nowOf = ({ context }: Parts): Date => new Date(context.clock.nowMs())

/** How a handle names a host: null is Custodia's own, by whichever of its names. */
export function handleHost(publicUrl: string): (host: string) => string | null {
  const own = new URL(publicUrl).hostname
  return (host) => (host === own || loopbackHosts.has(host) ? null : host)
}
