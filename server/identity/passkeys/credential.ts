import type { Credential } from '@custodia/wire/http/factors.ts'

/** What the browser signed or had signed: WebAuthn level 3 §5.8.1. */
export type ClientData = { readonly challenge: Buffer; readonly type: string }

/** The answer to `navigator.credentials.create`, bounded and of the right shape; nothing in it is proven yet. */
export type Attested = {
  readonly id: string
  readonly client: ClientData
  readonly clientDataJSON: string
  readonly attestationObject: Buffer
  readonly transports: readonly string[]
  readonly attachment: 'platform' | 'cross-platform' | null
}

/** The answer to `navigator.credentials.get`, in the same state. */
export type Asserted = {
  readonly id: string
  readonly credentialId: Buffer
  readonly client: ClientData
  readonly clientDataJSON: string
  readonly authenticatorData: string
  readonly signature: string
  readonly userHandle: Buffer | null
}

// Generous for every authenticator there is, and little work for whatever else may be sent.
const mostClientData = 4_096
const mostAttestation = 24_576
const mostAuthenticatorData = 4_096
const mostSignature = 8_192

/** @returns null where it is not such an answer. */
export function readAttested(credential: Credential): Attested | null {
  const { response } = credential
  const clientDataJSON = base64Url(response.clientDataJSON, mostClientData)
  const attestationObject = base64Url(response.attestationObject, mostAttestation)
  const client = clientDataJSON === null ? null : readClientData(clientDataJSON)
  if (!sameId(credential) || clientDataJSON === null || attestationObject === null || client === null) return null
  const { authenticatorAttachment: attachment } = credential
  return {
    id: credential.id,
    client,
    clientDataJSON,
    attestationObject: Buffer.from(attestationObject, 'base64url'),
    transports: readTransports(response.transports),
    attachment: attachment === 'platform' || attachment === 'cross-platform' ? attachment : null,
  }
}

/** @returns null where it is not such an answer. */
export function readAsserted(credential: Credential): Asserted | null {
  const { response } = credential
  const clientDataJSON = base64Url(response.clientDataJSON, mostClientData)
  const authenticatorData = base64Url(response.authenticatorData, mostAuthenticatorData)
  const signature = base64Url(response.signature, mostSignature)
  const client = clientDataJSON === null ? null : readClientData(clientDataJSON)
  if (!sameId(credential) || clientDataJSON === null || client === null) return null
  if (authenticatorData === null || signature === null) return null
  const without = response.userHandle === undefined || response.userHandle === null || response.userHandle === ''
  const handle = without ? null : base64Url(response.userHandle, 88)
  if (!without && handle === null) return null
  return {
    id: credential.id,
    credentialId: Buffer.from(credential.id, 'base64url'),
    client,
    clientDataJSON,
    authenticatorData,
    signature,
    userHandle: handle === null ? null : Buffer.from(handle, 'base64url'),
  }
}

/** One spelling only: base64url says some bytes in several ways, and an identifier must have one. */
function sameId({ id, rawId }: Credential): boolean {
  const bytes = Buffer.from(id, 'base64url')
  return id === rawId && bytes.length >= 1 && bytes.length <= 1_023 && bytes.toString('base64url') === id
}

function base64Url(value: unknown, mostBytes: number): string | null {
  const fits = typeof value === 'string' && value.length > 0 && value.length <= Math.ceil((mostBytes * 4) / 3)
  return fits && /^[A-Za-z0-9_-]+$/.test(value) ? value : null
}

function readClientData(encoded: string): ClientData | null {
  let data: unknown
  try {
    data = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))
  } catch {
    return null
  }
  if (typeof data !== 'object' || data === null) return null
  const { type, challenge, crossOrigin, topOrigin } = data as Record<string, unknown>
  // WebAuthn level 3 §7.1 step 10, §7.2 step 13: we are never shown inside another page.
  if ((crossOrigin ?? false) !== false || (topOrigin ?? null) !== null) return null
  if (typeof type !== 'string' || typeof challenge !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(challenge)) return null
  return { type, challenge: Buffer.from(challenge, 'base64url') }
}

const knownTransports = new Set(['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'cable', 'internal'])

/** Hints only, so that what is strange is left out and not refused. */
function readTransports(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  const known = value.slice(0, 16).filter((one): one is string => typeof one === 'string' && knownTransports.has(one))
  return [...new Set(known)].sort()
}
