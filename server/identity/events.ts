import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const nothing = Type.Object({})
const person = Type.Object({ user: Type.String() })
const address = Type.Object({ address: Type.String() })

export const events = {
  'organisation.created': { summary: 'An organisation was set up.', data: Type.Object({ name: Type.String() }) },
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
  'user.activated': { summary: 'A person chose a password, and may sign in from now on.', data: person },
  'user.disabled': { summary: 'A person may not sign in any more.', data: person },
  'user.enabled': { summary: 'A person who was disabled may sign in again.', data: person },
  'user.signed-in': {
    summary: 'A person signed in.',
    data: Type.Object({ session: Type.String(), factors: Type.Array(Type.String()) }),
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
  'factor.refused': {
    summary: 'A further proof was tried, and did not hold.',
    data: Type.Object({ factor: Type.String(), for: Type.String() }),
    personal: address,
  },
  'factor.removed': {
    summary: 'A person took a factor away.',
    data: Type.Object({ factor: Type.String(), id: Type.String() }),
  },
  'session.confirmed': {
    summary: 'A person confirmed a session by a fresh proof.',
    data: Type.Object({ session: Type.String(), factor: Type.String() }),
  },
  'policy.changed': {
    summary: 'What is demanded of a sign-in was changed.',
    data: Type.Object({ secondFactor: Type.String(), policy: Type.String() }),
  },
  'password.changed': { summary: 'A person changed their password.', data: nothing },
  'password.change-refused': {
    summary: 'A change of password came with the wrong current one.',
    data: nothing,
    personal: address,
  },
} as const

export const event = eventMaker('identity', events)
