import type { Access } from '../access/api.ts'
import type { Keyring } from '../keyring/api.ts'
import { setting } from '../platform/config/setting.ts'
import { loopbackHosts } from '../platform/http/hosts.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { Context } from '../platform/module.ts'
import type { EndAllListener } from './api.ts'
import type { EndedSessions } from './ended-sessions.ts'
import { limits } from './limits.ts'
import type { LiveSessions } from './live-sessions.ts'
import { timeouts } from './timeouts.ts'

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
  timeouts,
  limits,
  onOtherBrowser: setting.oneOf({
    description:
      'What happens where a cookie turns up in another browser or on another platform than the one that signed in: the session is held until a factor is proven again, or it is noted only.',
    example: 'note',
    default: 'hold',
    values: ['hold', 'note'],
  }),
  deviceBound: setting.flag({
    description:
      'Whether browsers are offered to bind a session to a key of their device (Device Bound Session Credentials, a draft of the W3C). Others notice nothing.',
    example: 'false',
    default: true,
  }),
  boundCookieSeconds: setting.number({
    // Chromium fetches the next one two minutes ahead, and after some six signatures none for minutes: a shorter life starves.
    description: 'How long the cookie of a bound session lives before its browser has to prove that it has the key.',
    example: '900',
    default: 600,
    min: 300,
    max: 3_600,
    unit: 'seconds',
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
  /** Key of the hashes of how a browser looks. */
  readonly lookKey: Buffer
  readonly live: LiveSessions
  /** Key of the challenges for bound sessions. */
  readonly bindingKey: Buffer
  /** Requests whose cookie was not believed, and why. */
  readonly refused: WeakMap<RequestHead, string>
  /** Requests whose cookie is replaced with their answer, and the Set-Cookie header of it. */
  readonly renewed: WeakMap<RequestHead, string>
  readonly ended: EndedSessions
  readonly endAllListeners: Set<EndAllListener>
}

export const nowOf = ({ context }: Parts): Date => new Date(context.clock.nowMs())

/** How a handle names a host: null is Custodia's own, by whichever of its names. */
export function handleHost(publicUrl: string): (host: string) => string | null {
  const own = new URL(publicUrl).hostname
  return (host) => (host === own || loopbackHosts.has(host) ? null : host)
}
