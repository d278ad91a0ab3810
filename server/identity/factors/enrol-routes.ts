import {
  EnrolledWithCodes,
  PhoneConfirmation,
  PhoneNumber,
  PhoneOffer,
  ProgressWithCodes,
  RecoveryCodes,
  TotpConfirmation,
  TotpOffer,
} from '@custodia/wire/http/factors.ts'
import type { UserPrincipal } from '../../platform/http/principal.ts'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { before } from '../before.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { progressReply } from '../reply.ts'
import type { PersonRow } from '../store.ts'
import { readPerson } from '../store.ts'
import { enrolTotpAtSignIn, offerTotpAtSignIn } from './enrol-at-sign-in.ts'
import { confirmPhone, offerPhone } from './enrol-phone.ts'
import { confirmTotp, offerTotp } from './enrol-totp.ts'
import { makeRecoveryCodes } from './make-recovery-codes.ts'

export function enrolRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/me/factors/totp',
      summary: 'Begin to enrol an authenticator app; its secret is shown this once.',
      who: 'signed-in',
      limit: 'write',
      sensitive: true,
      reply: TotpOffer,
      errors: ['IDENTITY_FACTORS_FULL', 'IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal }) => new Reply(201, await offerTotp(parts, await activePerson(parts, principal))),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/me/factors/totp/confirm',
      summary: 'Put an authenticator app in force by a code that it shows.',
      who: 'signed-in',
      limit: 'sign-in',
      sensitive: true,
      body: TotpConfirmation,
      reply: EnrolledWithCodes,
      errors: ['IDENTITY_OFFER_OVER', 'IDENTITY_FACTOR_WRONG', 'IDENTITY_FACTORS_FULL', 'IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal, body, head }) => {
        const person = await activePerson(parts, principal)
        const by = { address: head.address, attemptId: null }
        const { id, recoveryCodes } = await confirmTotp(parts, person, body, by)
        return new Reply(201, { id, recoveryCodes: recoveryCodes === null ? null : [...recoveryCodes] })
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/me/factors/phone',
      summary:
        'Begin to enrol a phone: a code goes to its number as a text message. Less safe than an app or a passkey.',
      who: 'signed-in',
      limit: 'sign-in',
      sensitive: true,
      body: PhoneNumber,
      reply: PhoneOffer,
      errors: [
        'IDENTITY_TEXTS_OFF',
        'IDENTITY_PHONE_COUNTRY',
        'IDENTITY_PHONE_KNOWN',
        'IDENTITY_FACTORS_FULL',
        'IDENTITY_TOO_MANY_TRIES',
        'IDENTITY_USER_UNKNOWN',
      ],
      handle: async ({ principal, body, head }) =>
        new Reply(201, await offerPhone(parts, await activePerson(parts, principal), body, head.address)),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/me/factors/phone/confirm',
      summary: 'Put a phone in force by the code that went to it.',
      who: 'signed-in',
      limit: 'sign-in',
      sensitive: true,
      body: PhoneConfirmation,
      reply: EnrolledWithCodes,
      errors: [
        'IDENTITY_TEXTS_OFF',
        'IDENTITY_OFFER_OVER',
        'IDENTITY_FACTOR_WRONG',
        'IDENTITY_PHONE_KNOWN',
        'IDENTITY_FACTORS_FULL',
        'IDENTITY_USER_UNKNOWN',
      ],
      handle: async ({ principal, body, head }) => {
        const person = await activePerson(parts, principal)
        const { id, recoveryCodes } = await confirmPhone(parts, person, body, head.address)
        return new Reply(201, { id, recoveryCodes: recoveryCodes === null ? null : [...recoveryCodes] })
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/me/factors/recovery-codes',
      summary: 'Make new recovery codes, and void those before.',
      who: 'signed-in',
      limit: 'write',
      sensitive: true,
      reply: RecoveryCodes,
      errors: ['IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal }) => {
        const person = await activePerson(parts, principal)
        const make = parts.context.database.transaction((tx) => makeRecoveryCodes(parts, tx, person))
        return new Reply(201, { codes: await make })
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sign-in/enrol/totp',
      summary: 'Begin to enrol the authenticator app that the sign-in under way needs.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      reply: TotpOffer,
      errors: ['IDENTITY_ATTEMPT_OVER', 'IDENTITY_FACTOR_NOT_ASKED', 'IDENTITY_FACTORS_FULL'],
      handle: async ({ head }) => new Reply(201, await offerTotpAtSignIn(parts, head)),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sign-in/enrol/totp/confirm',
      summary: 'Put the authenticator app in force, and go on with the sign-in.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: TotpConfirmation,
      reply: ProgressWithCodes,
      errors: [
        'IDENTITY_ATTEMPT_OVER',
        'IDENTITY_FACTOR_NOT_ASKED',
        'IDENTITY_OFFER_OVER',
        'IDENTITY_FACTOR_WRONG',
        'IDENTITY_FACTORS_FULL',
      ],
      handle: async ({ body, head, principal }) => {
        const enrolled = await enrolTotpAtSignIn(parts, body, { head, replaces: before(principal) })
        const { status, body: progress, headers } = await progressReply(parts, enrolled.progressed)
        const { recoveryCodes } = enrolled
        const codes = recoveryCodes === null ? null : [...recoveryCodes]
        return new Reply(status, { ...progress, recoveryCodes: codes }, headers)
      },
    }),
  ]
}

async function activePerson(parts: Parts, principal: UserPrincipal): Promise<PersonRow> {
  const person = await readPerson(parts.context.database.queries, principal.id)
  if (person?.state !== 'active') throw refuse('IDENTITY_USER_UNKNOWN')
  return person
}
