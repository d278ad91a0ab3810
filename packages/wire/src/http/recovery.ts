import type { Static } from 'typebox'
import { Type } from 'typebox'
import { closed, Email, Id, Instant, LinkToken, Password } from './common.ts'

/** `POST /v1/recovery`: a mail with a link, where somebody with this address may sign in. The reply never says whether. */
export const RecoveryRequest = Type.Object({ email: Email }, closed)
export type RecoveryRequest = Static<typeof RecoveryRequest>
/** How long the link works, if there is one. */
export const RecoveryRequested = Type.Object({ linkSeconds: Type.Integer() })
export type RecoveryRequested = Static<typeof RecoveryRequested>

/** `POST /v1/recovery/complete`: a new password, by a link for recovery. The sign-in that begins with it asks for the second factor. */
export const CompleteRecovery = Type.Object({ token: LinkToken, password: Password }, closed)
export type CompleteRecovery = Static<typeof CompleteRecovery>

/** `POST /v1/not-me` and `POST /v1/recovery/cancel`. */
export const UseLink = Type.Object({ token: LinkToken }, closed)
export type UseLink = Static<typeof UseLink>

/** A recovery that two administrators grant: `GET`, `POST` and `DELETE /v1/users/:userId/recovery`, `POST …/approve`. */
export const DelegatedRecovery = Type.Object({
  id: Id('rcv'),
  userId: Id('usr'),
  askedBy: Id('usr'),
  askedAt: Instant,
  /** Null while a second administrator is waited for. */
  approvedBy: Type.Union([Id('usr'), Type.Null()]),
  /** When the link goes out. */
  readyAt: Type.Union([Instant, Type.Null()]),
  /** When the link went out. */
  sentAt: Type.Union([Instant, Type.Null()]),
  /** When it comes to nothing by itself. */
  expiresAt: Instant,
})
export type DelegatedRecovery = Static<typeof DelegatedRecovery>

/** The same with names, so that whoever decides sees about whom. A name is null where its owner is gone. */
export const RecoveryUnderWay = Type.Object({
  ...DelegatedRecovery.properties,
  userName: Type.Union([Type.String(), Type.Null()]),
  askedByName: Type.Union([Type.String(), Type.Null()]),
  approvedByName: Type.Union([Type.String(), Type.Null()]),
})
export type RecoveryUnderWay = Static<typeof RecoveryUnderWay>

/** `GET /v1/recoveries`: what is under way in the organisation, the oldest first, at most 100. Needs `identity:users:read`. */
export const RecoveriesUnderWay = Type.Object({ items: Type.Array(RecoveryUnderWay) })
export type RecoveriesUnderWay = Static<typeof RecoveriesUnderWay>
