import type { ConnectTo, Fetch } from '@custodia/wire/node/fetch.ts'
import { createFetch } from '@custodia/wire/node/fetch.ts'
import type { Access } from './access/access.ts'
import { createAccess } from './access/access.ts'
import type { Identity } from './assertion/identity.ts'
import { createSigningKeys } from './assertion/signing-keys.ts'
import { createVerifier } from './assertion/verify-assertion.ts'
import { createCaller } from './calls/caller.ts'
import { createCredential } from './calls/credential.ts'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { CustodiaError } from './errors.ts'
import type { Collection } from './fields/collection.ts'
import { createCollection } from './fields/collection.ts'
import type { DataKeyLimits } from './keys/data-keys.ts'
import { DataKeys } from './keys/data-keys.ts'
import type { Uploads } from './uploads/uploads.ts'
import { createUploads } from './uploads/uploads.ts'

export type { RelationTuple } from '@custodia/wire/http/relations.ts'
export { ed25519PublicKey } from '@custodia/wire/http-signatures/algorithms.ts'
export type { Access, AccessOptions, OnBehalf, RelationChanges } from './access/access.ts'
export type { AccessAsker, AccessQuestion, AccessResource, AccessSubject } from './access/question.ts'
export type { AccessDecision } from './access/replies.ts'
export type { Identity } from './assertion/identity.ts'
export type { CustodiaErrorCode, CustodiaErrorDetails } from './errors.ts'
export { CustodiaError, errorTable, isCustodiaError } from './errors.ts'
export type { CallSettings, Collection, OpenSettings, SealedRecord } from './fields/collection.ts'
export { normalise, plannedBits } from './fields/index-token.ts'
export type { SignedFetch, SignedFetchOptions } from './signatures/signed-fetch.ts'
export { createSignedFetch } from './signatures/signed-fetch.ts'
export type { SignatureVerifier, SignatureVerifierOptions, SignedRequest } from './signatures/verify-request.ts'
export { createSignatureVerifier } from './signatures/verify-request.ts'
export type { FileToSend, UploadedFile, Uploads } from './uploads/uploads.ts'

export type CustodiaOptions = {
  /** Custodia's address, as in `https://custodia.example.org`. Keys travel there: `http:` only inside one machine or pod. */
  readonly url: string
  /** The application's name in Custodia's configuration. Assertions for others are refused. */
  readonly application: string
  /** The application's API key. Sealed fields and `access` need it. */
  readonly key?: string
  /** Instead of `key`: a file that holds it. Read again when the key was rotated. */
  readonly keyFile?: string
  /** Custodia's public address, where the application reaches it by another one. `url` unless said. */
  readonly issuer?: string
  /** Where to connect to instead of the host of `url`; the name stays in Host and in TLS. */
  readonly connect?: ConnectTo
  /** 300 seconds, 10,000 messages and 1,000 keys unless said. */
  readonly dataKeys?: Partial<DataKeyLimits>
  /** For each call, 10 to 60,000; 2,000 unless said. */
  readonly timeoutMs?: number
  /** Told where a question of `access` is denied since there was no answer: for the application's log. */
  readonly onAccessFailed?: (error: CustodiaError) => void
  /** Instead of the built-in client, which also reaches `*.localhost`. */
  readonly fetch?: Fetch
  readonly clock?: Clock
}

export type Custodia = {
  /**
   * Who stands behind the value of the header `Custodia-Assertion`. Middleware for Fastify, Express and Hono does this.
   *
   * @throws CustodiaError ASSERTION_MISSING, ASSERTION_INVALID, ASSERTION_EXPIRED or SIGNING_KEYS_UNAVAILABLE.
   */
  identify(header: string | readonly string[] | null | undefined): Promise<Identity>
  /**
   * Sealed fields of one kind of record.
   *
   * @param name as in `messages`: a lower-case letter, then up to 63 of letters, digits, `_`, `.` and `-`.
   * @param options.schemaVersion 1 or more. A field opens only under the version that it was sealed under.
   * @throws CustodiaError CONFIGURATION_INVALID where the client has no key; INPUT_INVALID.
   */
  collection(name: string, options: { readonly schemaVersion: number }): Collection
  /** May somebody do something with this? */
  readonly access: Access
  /** Files: sent into quarantine, looked at and scanned by Custodia, and sealed there. */
  readonly uploads: Uploads
  /** Overwrites and forgets every key that is held. They are fetched again when needed. */
  forgetKeys(): void
}

/**
 * A client of Custodia for one application. Make one per process and share it: it holds keys and connections.
 *
 * @throws CustodiaError CONFIGURATION_INVALID, with the option in `details.field`.
 */
export function createCustodia(options: CustodiaOptions): Custodia {
  const url = addressOf(options.url, 'url')
  const issuer = options.issuer === undefined ? url : addressOf(options.issuer, 'issuer')
  const timeoutMs = within('timeoutMs', options.timeoutMs ?? 2_000, 10, 60_000)
  const clock = options.clock ?? systemClock
  const fetch = options.fetch ?? createFetch(options.connect === undefined ? {} : { connect: options.connect })
  const { application } = options
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(application)) throw wrong('application')

  const keys = createSigningKeys({ url: `${url}/.well-known/jwks.json`, fetch, clock, timeoutMs })
  const identify = createVerifier({ issuer, application, keys, clock })

  const limits = {
    maxAgeSeconds: within('dataKeys.maxAgeSeconds', options.dataKeys?.maxAgeSeconds ?? 300, 1, 3_600),
    maxMessages: within('dataKeys.maxMessages', options.dataKeys?.maxMessages ?? 10_000, 1, 1_000_000),
    maxKeys: within('dataKeys.maxKeys', options.dataKeys?.maxKeys ?? 1_000, 1, 100_000),
  }
  const hasKey = options.key !== undefined || options.keyFile !== undefined
  const credential = hasKey ? createCredential({ key: options.key, keyFile: options.keyFile }) : null
  const caller = credential === null ? null : createCaller({ url, credential, fetch, timeoutMs })
  const dataKeys = caller === null ? null : new DataKeys({ caller, clock, limits })

  return {
    identify,
    access: createAccess(caller, options.onAccessFailed ?? (() => {})),
    uploads: createUploads(caller, clock),
    collection(name, { schemaVersion }) {
      if (dataKeys === null) throw wrong('key')
      return createCollection({ application, collection: name, schemaVersion, keys: dataKeys })
    },
    forgetKeys() {
      dataKeys?.forget()
    },
  }
}

const wrong = (field: string) => new CustodiaError('CONFIGURATION_INVALID', { field })

/** An http or https address. @returns it without a slash at its end. */
function addressOf(text: string, field: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const plain = url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (url === null || !plain || !/^https?:$/.test(url.protocol)) throw wrong(field)
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function within(field: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) throw wrong(field)
  return value
}
