import type { Credential } from '@custodia/wire/http/factors.ts'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'
import { Problem } from '../api/problem.ts'
import { texts } from '../texts.ts'

/** Options as the API gives them; what they mean is between the server and the browser. */
export type Options = Readonly<Record<string, unknown>>

// Loaded when it is needed first: most sign-ins need none of it.
const library = () => import('@simplewebauthn/browser')

export const hasPasskeys = (): boolean => typeof globalThis.PublicKeyCredential === 'function'

/** Asks the authenticator for a proof. @throws Problem PASSKEY_NOT_USED, PASSKEY_UNSUPPORTED. */
export async function provePasskey(options: Options): Promise<Credential> {
  const { startAuthentication } = await library()
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON
  return await inWords(async () => (await startAuthentication({ optionsJSON })) as unknown as Credential)
}

/** Makes a passkey on the authenticator. @throws Problem PASSKEY_NOT_USED, PASSKEY_KNOWN, PASSKEY_UNSUPPORTED. */
export async function newPasskey(options: Options): Promise<Credential> {
  const { startRegistration } = await library()
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON
  return await inWords(async () => (await startRegistration({ optionsJSON })) as unknown as Credential)
}

/**
 * Offers the passkeys of this device in the list under the address field, until one is chosen or the page goes on.
 *
 * @returns null where the browser can't, where the offer was withdrawn or where nobody took it up.
 */
export async function offeredPasskey(options: () => Promise<Options>): Promise<Credential | null> {
  if (!hasPasskeys()) return null
  try {
    const { browserSupportsWebAuthnAutofill, startAuthentication } = await library()
    if (!(await browserSupportsWebAuthnAutofill())) return null
    const optionsJSON = (await options()) as unknown as PublicKeyCredentialRequestOptionsJSON
    return (await startAuthentication({ optionsJSON, useBrowserAutofill: true })) as unknown as Credential
  } catch {
    // It is an offer: where it does not work out, the form beside it does.
    return null
  }
}

/** Withdraws the offer. */
export async function withdrawOffer(): Promise<void> {
  if (hasPasskeys()) (await library()).WebAuthnAbortService.cancelCeremony()
}

async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw passkeyProblem(error)
  }
}

/** What the browser says, as something to show. WebAuthn level 3 §5.1.3 and §5.1.4 name the exceptions. */
export function passkeyProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const name = error instanceof Error ? error.name : ''
  const { notUsed, notUsedHelp, knownAlready, knownAlreadyHelp, unsupported, unsupportedHelp } = texts.factors
  if (name === 'InvalidStateError')
    return new Problem({ status: 0, code: 'PASSKEY_KNOWN', title: knownAlready, help: knownAlreadyHelp })
  // Refused, timed out or given up: browsers do not say which, so that a page can't find out what is enrolled.
  if (name === 'NotAllowedError' || name === 'AbortError')
    return new Problem({ status: 0, code: 'PASSKEY_NOT_USED', title: notUsed, help: notUsedHelp })
  return new Problem({ status: 0, code: 'PASSKEY_UNSUPPORTED', title: unsupported, help: unsupportedHelp })
}
