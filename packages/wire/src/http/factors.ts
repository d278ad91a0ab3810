import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Base64Url, closed, Id, Instant, Line, Password } from './common.ts'
import { User } from './identity.ts'

/** How somebody can prove who they are, besides what began the sign-in. */
export const FactorKind = Type.Union([
  Type.Literal('password'),
  Type.Literal('totp'),
  Type.Literal('passkey'),
  Type.Literal('recovery-code'),
  Type.Literal('mail-code'),
  Type.Literal('sms-code'),
])
export type FactorKind = Static<typeof FactorKind>

/** One way on. `hint` helps to recognise it, as in `m…@northwind.example` or `3 codes left`. */
export const Way = Type.Object({ factor: FactorKind, hint: Type.Union([Type.String(), Type.Null()]) })
export type Way = Static<typeof Way>

/** A sign-in that is under way. The browser's `__Host-custodia-attempt` cookie speaks for it, for ten minutes. */
export const Attempt = Type.Object({
  id: Id('att'),
  /** What was proven so far. */
  proven: Type.Array(Type.String()),
  /** Any one of these is enough to go on. */
  ways: Type.Array(Way),
  /** True where no way is there, since none is enrolled: one of `enrolable` must be set up now. */
  mustEnrol: Type.Boolean(),
  enrolable: Type.Array(FactorKind),
  expiresAt: Instant,
})
export type Attempt = Static<typeof Attempt>

/** `POST /v1/sign-in` and every way on: either done, and the reply sets the session's cookie; or more is asked for. */
export const Progress = Type.Object({
  user: Type.Union([User, Type.Null()]),
  attempt: Type.Union([Attempt, Type.Null()]),
  /** Where a second factor is demanded from a day on that has not come yet: RFC 3339. */
  enrolBefore: Type.Union([Instant, Type.Null()]),
})
export type Progress = Static<typeof Progress>

/** What an authenticator answers with: the JSON of WebAuthn level 3 §5.1.9 and §5.1.10, bounded. */
export const Credential = Type.Object(
  {
    id: Base64Url(1_400),
    rawId: Base64Url(1_400),
    type: Type.Literal('public-key'),
    response: Type.Record(Type.String({ maxLength: 40 }), Type.Unknown()),
    clientExtensionResults: Type.Record(Type.String({ maxLength: 40 }), Type.Unknown()),
    authenticatorAttachment: Type.Optional(Type.Union([Type.String({ maxLength: 40 }), Type.Null()])),
  },
  closed,
)
export type Credential = Static<typeof Credential>

/** `POST /v1/sign-in/challenge` and `POST /v1/me/fresh/challenge`: for factors that need one. */
export const ChallengeRequest = Type.Object({ factor: FactorKind }, closed)
export type ChallengeRequest = Static<typeof ChallengeRequest>
/** `options`: for `navigator.credentials.get`, as JSON (WebAuthn level 3 §5.1.10). `sentTo`: masked, for codes that travel. */
export const Challenge = Type.Object({
  options: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
  sentTo: Type.Union([Type.String(), Type.Null()]),
})
export type Challenge = Static<typeof Challenge>

/** A code as people type it: spaces and dashes do not count. */
export const Code = Type.String({ minLength: 6, maxLength: 40, pattern: '^[A-Za-z0-9 -]+$' })

/** `POST /v1/sign-in/factor` and `POST /v1/me/fresh`: one proof. */
export const Proof = Type.Union([
  Type.Object({ factor: Type.Literal('password'), password: Password }, closed),
  Type.Object({ factor: Type.Literal('passkey'), credential: Credential }, closed),
  Type.Object(
    {
      factor: Type.Union([
        Type.Literal('totp'),
        Type.Literal('recovery-code'),
        Type.Literal('mail-code'),
        Type.Literal('sms-code'),
      ]),
      code: Code,
    },
    closed,
  ),
])
export type Proof = Static<typeof Proof>

/** `GET /v1/me/fresh`: by what a sensitive act can be confirmed, and when that was done last. */
export const Freshness = Type.Object({
  provenAt: Instant,
  ways: Type.Array(Way),
})
export type Freshness = Static<typeof Freshness>

/** Something that a person has enrolled. */
export const EnrolledFactor = Type.Object({
  id: Id('fac'),
  factor: FactorKind,
  name: Type.String(),
  createdAt: Instant,
  lastUsedAt: Type.Union([Instant, Type.Null()]),
  /** Plain facts for the page: `synced`, `clone-suspected`, `hardware`, `codes-left:3`, `number:…67`. */
  facts: Type.Array(Type.String()),
})
export type EnrolledFactor = Static<typeof EnrolledFactor>

/** `GET /v1/me/factors`. */
export const Factors = Type.Object({
  items: Type.Array(EnrolledFactor),
  enrolable: Type.Array(FactorKind),
  /** What the organisation demands of this person. */
  demand: Type.Union([Type.Literal('optional'), Type.Literal('required'), Type.Literal('phishing-resistant')]),
  enrolBefore: Type.Union([Instant, Type.Null()]),
})
export type Factors = Static<typeof Factors>

/** `POST /v1/me/factors/totp`, `POST /v1/sign-in/enrol/totp`: not in force before it is confirmed by a code. */
export const TotpOffer = Type.Object({
  id: Id('fac'),
  /** base32 (RFC 4648 §6), for typing. */
  secret: Type.String(),
  /** `otpauth://totp/…`, for the QR code. */
  uri: Type.String(),
  expiresAt: Instant,
})
export type TotpOffer = Static<typeof TotpOffer>
export const TotpConfirmation = Type.Object({ id: Id('fac'), code: Code, name: Type.Optional(Line(60)) }, closed)
export type TotpConfirmation = Static<typeof TotpConfirmation>

/** `POST /v1/me/factors/phone`: E.164, with the plus sign and without anything between the digits. */
export const PhoneNumber = Type.Object(
  { number: Type.String({ pattern: '^\\+[1-9][0-9]{6,14}$', maxLength: 16 }) },
  closed,
)
export type PhoneNumber = Static<typeof PhoneNumber>
/** Not in force before the code that went there confirms it. `sentTo` is masked. The same whoever has the number. */
export const PhoneOffer = Type.Object({ id: Id('fac'), sentTo: Type.String(), expiresAt: Instant })
export type PhoneOffer = Static<typeof PhoneOffer>
export const PhoneConfirmation = Type.Object({ id: Id('fac'), code: Code, name: Type.Optional(Line(60)) }, closed)
export type PhoneConfirmation = Static<typeof PhoneConfirmation>

/** Shown this once; whoever enrols a first second factor gets them with it. */
export const RecoveryCodes = Type.Object({ codes: Type.Array(Type.String()) })
export type RecoveryCodes = Static<typeof RecoveryCodes>

const FirstCodes = Type.Union([Type.Array(Type.String()), Type.Null()])
/** Whoever enrols: the new factor, and recovery codes where there were none. Null where some are left. */
export const EnrolledWithCodes = Type.Object({ id: Id('fac'), recoveryCodes: FirstCodes })
export type EnrolledWithCodes = Static<typeof EnrolledWithCodes>
/** The same in a sign-in that had to enrol. */
export const ProgressWithCodes = Type.Object({ ...Progress.properties, recoveryCodes: FirstCodes })
export type ProgressWithCodes = Static<typeof ProgressWithCodes>

/** `POST /v1/me/passkeys`: the new passkey, and recovery codes where there were none. */
export const PasskeyAdded = Type.Object({ ...EnrolledFactor.properties, recoveryCodes: FirstCodes })
export type PasskeyAdded = Static<typeof PasskeyAdded>

/** `POST /v1/me/passkeys/options`, `POST /v1/sign-in/enrol/passkey/options`: for `navigator.credentials.create`, as JSON. */
export const PasskeyOffer = Type.Object({ options: Type.Record(Type.String(), Type.Unknown()) })
export type PasskeyOffer = Static<typeof PasskeyOffer>
export const PasskeyRegistration = Type.Object({ credential: Credential, name: Line(60) }, closed)
export type PasskeyRegistration = Static<typeof PasskeyRegistration>

/** `PATCH /v1/me/factors/:factorId` */
export const FactorName = Type.Object({ name: Line(60) }, closed)
export type FactorName = Static<typeof FactorName>

/** `POST /v1/sign-in/passkey`: without a user name; the challenge comes from `POST /v1/sign-in/passkey/options`. */
export const PasskeySignIn = Type.Object({ credential: Credential }, closed)
export type PasskeySignIn = Static<typeof PasskeySignIn>

/** What an organisation demands: `GET` and `PUT /v1/policies/sign-in`. */
export const Demand = Type.Union([
  Type.Literal('optional'),
  Type.Literal('required'),
  Type.Literal('phishing-resistant'),
])
export type Demand = Static<typeof Demand>
export const SignInPolicy = Type.Object(
  {
    secondFactor: Demand,
    /** What holders of a role must have beyond that; the strictest counts. */
    roles: Type.Record(Type.String({ minLength: 1, maxLength: 50 }), Demand, { maxProperties: 50 }),
    /** How long somebody may go on without, counted from the demand or from their first day. */
    graceDays: Type.Integer({ minimum: 0, maximum: 90 }),
    mailCodes: Type.Boolean(),
    smsCodes: Type.Boolean(),
    /** Seconds for which a proof is fresh enough for a sensitive act; null is as long as the installation says. */
    freshSeconds: Type.Union([Type.Integer({ minimum: 60, maximum: 86_400 }), Type.Null()]),
    attestation: Type.Union([Type.Literal('none'), Type.Literal('indirect'), Type.Literal('enterprise')]),
    /** AAGUIDs of the authenticators that may be enrolled; all where it is empty. */
    authenticators: Type.Array(Type.String({ format: 'uuid' }), { maxItems: 200 }),
  },
  closed,
)
export type SignInPolicy = Static<typeof SignInPolicy>
