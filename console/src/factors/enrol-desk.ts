import type {
  PasskeyOffer,
  PasskeyRegistration,
  Progress,
  ProgressWithCodes,
  RecoveryCodes,
  TotpConfirmation,
  TotpOffer,
} from '@custodia/wire/http/factors.ts'
import { request } from '../api/request.ts'

/** What came of an enrolment: codes where it was the first second factor, and where a sign-in then stands. */
export type Enrolled = { readonly codes: readonly string[]; readonly progress: Progress | null }

/** Where new factors are handed in: by somebody who is signed in, or at the door. */
export type EnrolDesk = {
  readonly name: 'account' | 'sign-in'
  readonly offerApp: () => Promise<TotpOffer>
  readonly confirmApp: (confirmation: TotpConfirmation) => Promise<Enrolled>
  readonly offerPasskey: () => Promise<PasskeyOffer>
  readonly createPasskey: (registration: PasskeyRegistration) => Promise<Enrolled>
}

type Reply = Partial<ProgressWithCodes>

/** Reads what an enrolment answers with: at the door the sign-in's progress, and codes where there are any. */
export function enrolledBy(reply: Reply | null): Enrolled {
  const { user = null, attempt = null, enrolBefore = null, recoveryCodes = null } = reply ?? {}
  return {
    codes: recoveryCodes ?? [],
    progress: user === null && attempt === null ? null : { user, attempt, enrolBefore },
  }
}

const desk = (name: EnrolDesk['name'], app: string, passkey: string): EnrolDesk => ({
  name,
  offerApp: () => request('POST', app),
  confirmApp: async (confirmation) => enrolledBy(await request<Reply | null>('POST', `${app}/confirm`, confirmation)),
  offerPasskey: () => request('POST', `${passkey}/options`),
  createPasskey: async (registration) => enrolledBy(await request<Reply | null>('POST', passkey, registration)),
})

export const accountEnrolDesk = desk('account', '/v1/me/factors/totp', '/v1/me/passkeys')
export const signInEnrolDesk = desk('sign-in', '/v1/sign-in/enrol/totp', '/v1/sign-in/enrol/passkey')

/** New recovery codes in place of all that were before. */
export const newRecoveryCodes = () => request<RecoveryCodes>('POST', '/v1/me/factors/recovery-codes')
