import {
  PasskeyAdded,
  PasskeyOffer,
  PasskeyRegistration,
  PasskeySignIn,
  Progress,
  ProgressWithCodes,
} from '@custodia/wire/http/factors.ts'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { advance } from '../attempts/advance.ts'
import { before } from '../before.ts'
import type { Parts } from '../parts.ts'
import { progressReply } from '../reply.ts'
import { clearBrowserCookie, markBrowser } from './browser-cookie.ts'
import { newChallenge } from './challenges.ts'
import { enrollingAt, enrollingIn } from './enrolling.ts'
import { offerPasskey } from './offer.ts'
import { requestOptions, showPasskey } from './passkey.ts'
import { signInByPasskey } from './sign-in-by-passkey.ts'

const registering = [
  'IDENTITY_PASSKEY_INVALID',
  'IDENTITY_PASSKEY_TAKEN',
  'IDENTITY_PASSKEYS_FULL',
  'IDENTITY_AUTHENTICATOR_REFUSED',
]

const copy = (codes: readonly string[] | null) => (codes === null ? null : [...codes])

export function passkeyRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/me/passkeys/options',
      summary: 'Begin to add a passkey: options for navigator.credentials.create.',
      who: 'signed-in',
      limit: 'write',
      sensitive: true,
      reply: PasskeyOffer,
      errors: ['IDENTITY_PASSKEYS_FULL', 'IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal }) => await offerPasskey(parts, await enrollingIn(parts, principal)),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/me/passkeys',
      summary: 'Add the passkey that was made from the options.',
      who: 'signed-in',
      limit: 'write',
      sensitive: true,
      body: PasskeyRegistration,
      reply: PasskeyAdded,
      errors: [...registering, 'IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal, body, head }) => {
        const { registerPasskey } = await import('./register.ts')
        const { row, recoveryCodes } = await registerPasskey(parts, await enrollingIn(parts, principal), body, head)
        return new Reply(201, { ...(await showPasskey(parts, row)), recoveryCodes: copy(recoveryCodes) })
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sign-in/enrol/passkey/options',
      summary: 'Begin to add a passkey where the sign-in under way asks for one.',
      who: 'anyone',
      limit: 'write',
      sensitive: false,
      reply: PasskeyOffer,
      errors: ['IDENTITY_ATTEMPT_OVER', 'IDENTITY_FACTOR_NOT_ASKED', 'IDENTITY_PASSKEYS_FULL'],
      handle: async ({ head }) => await offerPasskey(parts, (await enrollingAt(parts, head)).enrolling),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sign-in/enrol/passkey',
      summary: 'Add the passkey that the sign-in under way asked for, and go on with it.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: PasskeyRegistration,
      reply: ProgressWithCodes,
      errors: [...registering, 'IDENTITY_ATTEMPT_OVER', 'IDENTITY_FACTOR_NOT_ASKED'],
      handle: async ({ body, head, principal }) => {
        const { live, enrolling } = await enrollingAt(parts, head)
        const { registerPasskey } = await import('./register.ts')
        const { recoveryCodes } = await registerPasskey(parts, enrolling, body, head)
        const progressed = await advance(parts, live, 'passkey', { head, replaces: before(principal) })
        const { status, body: progress, headers } = await progressReply(parts, progressed)
        return new Reply(status, { ...progress, recoveryCodes: copy(recoveryCodes) }, headers)
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sign-in/passkey/options',
      summary: 'Begin to sign in with any passkey of this browser: options for navigator.credentials.get.',
      who: 'anyone',
      // Not of the class 'sign-in': it guesses nothing, and every view of the sign-in page asks for it.
      limit: 'write',
      sensitive: false,
      reply: PasskeyOffer,
      handle: async ({ head }) => {
        const { bound, cookie } = markBrowser(parts, head)
        const options = await requestOptions(parts, await newChallenge(parts, 'sign-in', bound), [])
        return new Reply(200, { options }, { 'set-cookie': cookie })
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sign-in/passkey',
      summary: 'Sign in with a passkey alone.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: PasskeySignIn,
      reply: Progress,
      errors: ['IDENTITY_FACTOR_WRONG', 'IDENTITY_TOO_MANY_TRIES'],
      handle: async ({ body, head, principal }) => {
        const progressed = await signInByPasskey(parts, body, { head, replaces: before(principal) })
        return await progressReply(parts, { ...progressed, cookies: [...progressed.cookies, clearBrowserCookie] })
      },
    }),
  ]
}
