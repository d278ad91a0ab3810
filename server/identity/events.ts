import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const nothing = Type.Object({})
const person = Type.Object({ user: Type.String() })
const address = Type.Object({ address: Type.String() })
/** Where somebody came from; the country as two letters (ISO 3166-1), where a database knows it. */
const from = Type.Object({
  address: Type.String(),
  device: Type.String(),
  country: Type.Union([Type.String(), Type.Null()]),
})

export const events = {
  'organisation.created': { summary: 'An organisation was set up.', data: Type.Object({ name: Type.String() }) },
  'organisation.theme-changed': {
    summary: 'How an organisation’s pages look was changed.',
    data: Type.Object({
      /** Which of name, accent and logo. */
      changed: Type.Array(Type.String()),
      name: Type.Union([Type.String(), Type.Null()]),
      accent: Type.Union([Type.String(), Type.Null()]),
      /** SHA-256 of the picture, as base64url. */
      logo: Type.Union([Type.String(), Type.Null()]),
    }),
  },
  'link.created': {
    summary: 'A one-time link was made.',
    data: Type.Object({
      purpose: Type.String(),
      user: Type.Union([Type.String(), Type.Null()]),
      expiresAt: Type.String(),
    }),
  },
  'user.invited': {
    summary: 'A person was invited.',
    data: Type.Object({ user: Type.String(), roles: Type.Array(Type.String()) }),
    personal: Type.Object({ email: Type.String(), name: Type.String() }),
  },
  'user.imported': {
    summary: 'A person was taken over from elsewhere, with the hash of their password.',
    data: Type.Object({ user: Type.String(), roles: Type.Array(Type.String()), scheme: Type.String() }),
    personal: Type.Object({ email: Type.String(), name: Type.String() }),
  },
  'user.activated': { summary: 'A person chose a password, and may sign in from now on.', data: person },
  'user.disabled': { summary: 'A person may not sign in any more.', data: person },
  'user.enabled': { summary: 'A person who was disabled may sign in again.', data: person },
  'user.signed-in': {
    summary: 'A person signed in.',
    data: Type.Object({
      session: Type.String(),
      factors: Type.Array(Type.String()),
      /** The sign-in that asked for more before; null where the first proof was enough. */
      attempt: Type.Union([Type.String(), Type.Null()]),
      /** It was unlike the person's others, and nothing more could be asked: no sensitive route is open to it. */
      unprovable: Type.Boolean(),
    }),
    personal: from,
  },
  'user.sign-in-refused': {
    summary: 'Somebody tried to sign in, and was refused.',
    data: Type.Object({
      /** Keyed pseudonym of the mail address that was tried: the same for the same address. */
      account: Type.String(),
      reason: Type.String(),
    }),
    personal: address,
  },
  'sign-in.assessed': {
    summary: 'A sign-in whose first proof held was compared with the person’s earlier ones.',
    data: Type.Object({
      /** log10 of the likelihood ratio: above 0, it is likelier of somebody else. */
      score: Type.Number(),
      verdict: Type.String(),
      parts: Type.Array(Type.Object({ feature: Type.String(), value: Type.String(), ratio: Type.Number() })),
      /** The session that began with it; null where more was asked for. */
      session: Type.Union([Type.String(), Type.Null()]),
      /** The sign-in that asked for more; null where it did not. */
      attempt: Type.Union([Type.String(), Type.Null()]),
    }),
    personal: from,
  },
  'factor.refused': {
    summary: 'A further proof was tried, and did not hold.',
    data: Type.Object({ factor: Type.String(), for: Type.String() }),
    personal: address,
  },
  'factor.enrolled': {
    summary: 'A person enrolled a factor.',
    data: Type.Object({ factor: Type.String(), id: Type.String() }),
  },
  'recovery-codes.created': {
    summary: 'A person was given recovery codes; those before are void.',
    data: Type.Object({ id: Type.String(), codes: Type.Integer() }),
  },
  'recovery-code.used': {
    summary: 'A person proved who they are by a recovery code, which is used up.',
    data: Type.Object({ left: Type.Integer() }),
  },
  'code.sent': {
    summary: 'A code went out by which a person proves who they are.',
    data: Type.Object({ factor: Type.String(), for: Type.String() }),
  },
  'factor.removed': {
    summary: 'A person took a factor away.',
    data: Type.Object({ factor: Type.String(), id: Type.String() }),
  },
  'passkey.registered': {
    summary: 'A person enrolled a passkey of this model of authenticator.',
    data: Type.Object({
      id: Type.String(),
      /** AAGUID, worth as much as `attestation` says. */
      authenticator: Type.String(),
      attestation: Type.String(),
      synced: Type.Boolean(),
    }),
  },
  'passkey.clone-suspected': {
    summary: 'A passkey counted backwards: somebody else may have a copy of it.',
    data: Type.Object({ id: Type.String(), synced: Type.Boolean() }),
  },
  'session.confirmed': {
    summary: 'A person confirmed a session by a fresh proof.',
    data: Type.Object({ session: Type.String(), factor: Type.String() }),
  },
  'policy.changed': {
    summary: 'What is demanded of a sign-in was changed.',
    data: Type.Object({ secondFactor: Type.String(), policy: Type.String() }),
  },
  'recovery.asked': { summary: 'A recovery link was mailed.', data: nothing, personal: address },
  'recovery.refused': {
    summary: 'Somebody asked for a recovery, and nothing was mailed.',
    data: Type.Object({
      /** Keyed pseudonym of the mail address that was given: the same for the same address. */
      account: Type.String(),
      reason: Type.String(),
    }),
    personal: address,
  },
  'recovery.given': {
    summary: 'Whoever operates the installation was given a recovery link for a person.',
    data: person,
  },
  'recovery.completed': {
    summary: 'A new password was set by a recovery link, and every session ended.',
    data: Type.Object({ delegated: Type.Boolean() }),
    personal: address,
  },
  'account.disowned': {
    summary: 'A person said of a notice that it was not them: every session ended, and their password.',
    data: Type.Object({ sessions: Type.Integer() }),
    personal: address,
  },
  'delegated-recovery.asked': {
    summary: 'An administrator asked to recover the account of somebody.',
    data: Type.Object({ id: Type.String(), user: Type.String() }),
  },
  'delegated-recovery.approved': {
    summary: 'A second administrator agreed to a recovery.',
    data: Type.Object({ id: Type.String(), user: Type.String(), readyAt: Type.String() }),
  },
  'delegated-recovery.sent': {
    summary: 'The wait of a recovery was over, and its link was mailed.',
    data: Type.Object({ id: Type.String(), user: Type.String() }),
  },
  'delegated-recovery.ended': {
    summary: 'A recovery that an administrator had asked for ended.',
    data: Type.Object({ id: Type.String(), outcome: Type.String() }),
  },
  'password.changed': { summary: 'A person changed their password.', data: nothing },
  'password.change-refused': {
    summary: 'A change of password came with the wrong current one.',
    data: nothing,
    personal: address,
  },
} as const

export const event = eventMaker('identity', events)
