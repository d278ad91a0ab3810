import type { KeyObject } from 'node:crypto'
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { cbor } from './cbor.ts'

/** What `navigator.credentials` hands over as JSON. */
export type CredentialJson = {
  id: string
  rawId: string
  type: string
  response: Record<string, unknown>
  clientExtensionResults: Record<string, unknown>
  authenticatorAttachment?: string
}

export type CreationOptions = {
  readonly challenge: string
  readonly rp: { readonly id: string }
  readonly user: { readonly id: string }
}
export type RequestOptions = {
  readonly challenge: string
  readonly rpId: string
  readonly allowCredentials: readonly { readonly id: string }[]
}

/** What a test wants to be otherwise than an honest browser and authenticator make it. */
export type Twist = {
  readonly origin?: string
  readonly rpId?: string
  readonly type?: string
  readonly challenge?: string
  readonly crossOrigin?: boolean
  readonly topOrigin?: string
  readonly present?: boolean
  readonly verified?: boolean
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  readonly counter?: number
  readonly userHandle?: string | null
  /** Another key signs. */
  readonly key?: KeyObject
  /** Changes the authenticator's data after it was signed. */
  readonly tamper?: (data: Buffer) => Buffer
}

/** An attestation by certificates, the authenticator's first. */
export type Maker = { readonly certificates: readonly Buffer[]; readonly key: KeyObject }

type Kind = {
  readonly origin?: string
  readonly aaguid?: string
  readonly attestation?: 'none' | 'self' | Maker
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  /** False for those that always say 0. */
  readonly counts?: boolean
  readonly transports?: readonly string[]
  readonly attachment?: 'platform' | 'cross-platform'
}

export type HeldCredential = {
  readonly id: Buffer
  readonly key: KeyObject
  readonly userHandle: string
  counter: number
}

const flagBits = { present: 0x01, verified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40 }

/** Test support: an authenticator with the browser before it, in software, with real keys (WebAuthn level 3 §6). */
export class SoftwareAuthenticator {
  readonly held: HeldCredential[] = []
  readonly #kind: Required<Kind>

  constructor(kind: Kind = {}) {
    this.#kind = {
      origin: 'http://custodia.localhost',
      aaguid: '00000000-0000-0000-0000-000000000000',
      attestation: 'none',
      backupEligible: false,
      backedUp: false,
      counts: true,
      transports: ['internal'],
      attachment: 'platform',
      ...kind,
    }
  }

  /** Makes a passkey. `as` registers one that is held already under other options. */
  create(options: CreationOptions, twist: Twist = {}, as?: HeldCredential): CredentialJson {
    const made = as ?? this.#make(options.user.id)
    const size = Buffer.alloc(2)
    size.writeUInt16BE(made.id.length)
    const aaguid = Buffer.from(this.#kind.aaguid.replaceAll('-', ''), 'hex')
    const attested = Buffer.concat([aaguid, size, made.id, cbor(publicKeyOf(made.key))])
    const data = Buffer.concat([this.#head(twist.rpId ?? options.rp.id, made, twist, flagBits.attested), attested])
    const clientData = this.#clientData('webauthn.create', options.challenge, twist)
    const { format, statement } = this.#attest(Buffer.concat([data, sha256(clientData)]), twist.key ?? made.key)
    const object = new Map<string, unknown>([
      ['fmt', format],
      ['attStmt', statement],
      ['authData', twist.tamper?.(data) ?? data],
    ])
    return this.#json(made.id, {
      clientDataJSON: clientData.toString('base64url'),
      attestationObject: cbor(object).toString('base64url'),
      transports: this.#kind.transports,
    })
  }

  /** Answers with the first of the allowed passkeys, or the newest where none is named. */
  get(options: RequestOptions, twist: Twist = {}, using?: HeldCredential): CredentialJson {
    const allowed = new Set(options.allowCredentials.map(({ id }) => id))
    const chosen = using ?? this.held.findLast(({ id }) => allowed.size === 0 || allowed.has(id.toString('base64url')))
    if (chosen === undefined) throw new Error('the authenticator holds none of these')
    if (this.#kind.counts) chosen.counter += 1
    const data = this.#head(twist.rpId ?? options.rpId, chosen, twist, 0)
    const clientData = this.#clientData('webauthn.get', options.challenge, twist)
    const signature = sign('sha256', Buffer.concat([data, sha256(clientData)]), twist.key ?? chosen.key)
    const userHandle = twist.userHandle === undefined ? chosen.userHandle : twist.userHandle
    return this.#json(chosen.id, {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: (twist.tamper?.(data) ?? data).toString('base64url'),
      signature: signature.toString('base64url'),
      ...(userHandle === null ? {} : { userHandle }),
    })
  }

  #make(userHandle: string): HeldCredential {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const made = { id: randomBytes(32), key: privateKey, userHandle, counter: 0 }
    this.held.push(made)
    return made
  }

  #head(rpId: string, held: HeldCredential, twist: Twist, more: number): Buffer {
    const { backupEligible, backedUp } = this.#kind
    const said = { present: true, verified: true, backupEligible, backedUp, ...twist }
    let flags = more
    for (const name of ['present', 'verified', 'backupEligible', 'backedUp'] as const)
      if (said[name]) flags |= flagBits[name]
    const rest = Buffer.alloc(5)
    rest.writeUInt8(flags)
    rest.writeUInt32BE(twist.counter ?? held.counter, 1)
    return Buffer.concat([sha256(rpId), rest])
  }

  #clientData(type: string, challenge: string, twist: Twist): Buffer {
    const { crossOrigin = false, topOrigin } = twist
    const said = {
      type: twist.type ?? type,
      challenge: twist.challenge ?? challenge,
      origin: twist.origin ?? this.#kind.origin,
      crossOrigin,
      ...(topOrigin === undefined ? {} : { topOrigin }),
    }
    return Buffer.from(JSON.stringify(said))
  }

  #attest(signed: Buffer, own: KeyObject): { format: string; statement: Map<string, unknown> } {
    const { attestation } = this.#kind
    if (attestation === 'none') return { format: 'none', statement: new Map() }
    const maker = attestation === 'self' ? null : attestation
    const statement = new Map<string, unknown>([
      ['alg', -7],
      ['sig', sign('sha256', signed, maker?.key ?? own)],
    ])
    if (maker !== null) statement.set('x5c', maker.certificates)
    return { format: 'packed', statement }
  }

  #json(id: Buffer, response: Record<string, unknown>): CredentialJson {
    const name = id.toString('base64url')
    const { attachment } = this.#kind
    const extensions = { credProps: { rk: true } }
    return {
      id: name,
      rawId: name,
      type: 'public-key',
      response,
      clientExtensionResults: extensions,
      authenticatorAttachment: attachment,
    }
  }
}

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest()

/** COSE_Key of a P-256 key (RFC 9053 §7.1.1). */
function publicKeyOf(key: KeyObject): Map<number, unknown> {
  const { x, y } = key.export({ format: 'jwk' })
  return new Map<number, unknown>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, Buffer.from(x as string, 'base64url')],
    [-3, Buffer.from(y as string, 'base64url')],
  ])
}
