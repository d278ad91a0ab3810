import { X509Certificate } from 'node:crypto'
import type { SignInPolicy } from '@custodia/wire/http/factors.ts'
import { SettingsService } from '@simplewebauthn/server'
import { decodeAttestationObject, isoCBOR } from '@simplewebauthn/server/helpers'
import type { Trust } from './store.ts'

/** An attestation as it is given to the verifier, and what is needed to follow it afterwards. */
export type Attestation = {
  /** base64url of the attestation object, perhaps with its statement taken away. */
  readonly object: string
  readonly format: string
  /** The certificates of the statement, the authenticator's first; null where it has none. */
  readonly certificates: readonly X509Certificate[] | null
}

/**
 * The formats whose statements are verified. Not `android-key` and `android-safetynet`: following theirs, the library asks addresses that
 * stand in the certificates that somebody sent.
 */
const verified = new Set(['packed', 'fido-u2f', 'tpm', 'apple'])
const mostCertificates = 6

const appleRoots = SettingsService.getRootCertificates({ identifier: 'apple' }).map((pem) => new X509Certificate(pem))
// Without roots the library verifies signatures and follows no chain, so that it never asks anybody for a list of revoked
// certificates. The chain is followed here.
for (const identifier of ['apple', 'android-key', 'android-safetynet'] as const)
  SettingsService.setRootCertificates({ identifier, certificates: [] })

/**
 * Takes away what was not asked for: where the policy wants no attestation, its statement is not looked at (WebAuthn level 3 §7.1 step 22
 * leaves that to us).
 *
 * @returns null where it is no attestation object.
 */
export function readAttestation(bytes: Buffer, policy: SignInPolicy): Attestation | null {
  try {
    const decoded = decodeAttestationObject(new Uint8Array(bytes))
    const format: unknown = decoded.get('fmt')
    const authData: unknown = decoded.get('authData')
    if (typeof format !== 'string' || !(authData instanceof Uint8Array)) return null
    if (policy.attestation === 'none' || !verified.has(format)) {
      const bare = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ])
      const object = Buffer.from(isoCBOR.encode(bare as never)).toString('base64url')
      return { object, format: 'none', certificates: null }
    }
    const chain: unknown = decoded.get('attStmt').get('x5c')
    const certificates = chain === undefined ? null : readChain(chain)
    return { object: bytes.toString('base64url'), format, certificates }
  } catch {
    return null
  }
}

function readChain(chain: unknown): X509Certificate[] {
  if (!Array.isArray(chain) || chain.length === 0 || chain.length > mostCertificates)
    throw new RangeError('the chain is empty or too long')
  return chain.map((one: unknown) => new X509Certificate(one as Uint8Array))
}

/**
 * How far an attestation whose signature holds can be followed: `proven` to one of the roots, `unproven` where it comes from somebody
 * unknown, `self` where the passkey vouches for itself, `none` where nobody does.
 */
export function trustOf({ format, certificates }: Attestation, roots: readonly X509Certificate[], now: Date): Trust {
  if (format === 'none') return 'none'
  if (certificates === null) return 'self'
  const [leaf, ...others] = certificates
  return leads(leaf as X509Certificate, others, [...roots, ...appleRoots], now) ? 'proven' : 'unproven'
}

function leads(
  first: X509Certificate,
  between: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: Date,
): boolean {
  const issued = (by: X509Certificate, one: X509Certificate) =>
    by.ca && isValid(by, now) && one.checkIssued(by) && one.verify(by.publicKey)
  let current = first
  for (let step = 0; step <= mostCertificates; step += 1) {
    const at = current
    if (!isValid(at, now)) return false
    if (roots.some((root) => issued(root, at))) return true
    const next = between.find((one) => !one.raw.equals(at.raw) && issued(one, at))
    if (next === undefined) return false
    current = next
  }
  return false
}

const isValid = (one: X509Certificate, now: Date) => one.validFromDate <= now && now <= one.validToDate

/** Whether the organisation lets people enrol this authenticator. An empty list of models is every model. */
export function isWelcome(policy: SignInPolicy, aaguid: string, trust: Trust): boolean {
  if (policy.attestation === 'enterprise' && trust !== 'proven') return false
  const { authenticators } = policy
  return authenticators.length === 0 || authenticators.some((one) => one.toLowerCase() === aaguid.toLowerCase())
}
