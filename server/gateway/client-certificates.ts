import type { Refusal } from '../platform/errors.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import type { ClientCertificateFiles } from '../platform/http/transport/client-authorities.ts'
import type { ClientCertificate, ClientProof } from '../platform/http/transport/client-certificate.ts'
import { filePath } from './upstream-tls.ts'

/** What the clients of an application prove themselves with, and what of it the application is told. */
export type ClientCertificates = ClientCertificateFiles & {
  /** Whether it gets the certificates between the client's and the authority's, too (RFC 9440 §2.3). */
  readonly chain: boolean
}

/** Whose certificate a rule asks for: anybody's that is believed, or of these alone. */
export type CertificateRule = {
  /** SHA-256, in hexadecimal digits of lower case. Null, like `subjects`, where it does not matter. */
  readonly fingerprints: ReadonlySet<string> | null
  readonly subjects: ReadonlySet<string> | null
  /** The same for two rules that ask for the same. */
  readonly text: string
}

const known = new Set(['caFile', 'crlFile', 'required', 'chain'])
const maxListed = 1_000

/** @returns null where nothing is said. @throws Error in words, for the configuration. */
export function checkClientCertificates(value: unknown, where: string): ClientCertificates | null {
  if (value === undefined) return null
  const fields = mapping(value, where, known)
  const { caFile, crlFile, required = true, chain = false } = fields
  if (typeof required !== 'boolean') throw new Error(`${where}.required is neither true nor false`)
  if (typeof chain !== 'boolean') throw new Error(`${where}.chain is neither true nor false`)
  return {
    caFile: filePath(caFile, `${where}.caFile`),
    crlFile: crlFile === undefined ? null : filePath(crlFile, `${where}.crlFile`),
    required,
    chain,
  }
}

/** @returns null where nothing is said. @throws Error in words, for the configuration. */
export function checkCertificateRule(value: unknown, where: string): CertificateRule | null {
  if (value === undefined) return null
  if (value === 'required') return { fingerprints: null, subjects: null, text: 'required' }
  const fields = mapping(value, where, new Set(['fingerprints', 'subjects']))
  const fingerprints = listed(fields.fingerprints, `${where}.fingerprints`, (text) =>
    text.replaceAll(':', '').toLowerCase(),
  )
  const subjects = listed(fields.subjects, `${where}.subjects`, (text) => text)
  const wrong = [...(fingerprints ?? [])].find((one) => !/^[0-9a-f]{64}$/.test(one))
  if (wrong !== undefined) throw new Error(`${where}.fingerprints: ${wrong} is not a SHA-256 in hexadecimal digits`)
  if (fingerprints === null && subjects === null)
    throw new Error(`${where} is neither the word required nor names fingerprints or subjects`)
  return { fingerprints, subjects, text: JSON.stringify([[...(fingerprints ?? [])], [...(subjects ?? [])]]) }
}

/** Why a client does not fulfil a rule. Null where it does. */
export function lackingCertificate(rule: CertificateRule | null, proof: ClientProof): Refusal | null {
  if (rule === null) return null
  if (typeof proof !== 'object') return refuseRequest('CLIENT_CERTIFICATE_REQUIRED', { reason: proof })
  const { fingerprints, subjects } = rule
  const named =
    (fingerprints === null && subjects === null) ||
    fingerprints?.has(proof.fingerprint) === true ||
    subjects?.has(proof.subject) === true
  return named ? null : refuseRequest('CLIENT_CERTIFICATE_REQUIRED', { reason: 'not-named' })
}

/** As an application is told of a certificate. */
export const toldOf = (certificate: ClientCertificate, settings: ClientCertificates | null) => ({
  header: certificate.header,
  chainHeader: settings?.chain === true ? certificate.chainHeader : null,
})

function mapping(value: unknown, where: string, names: ReadonlySet<string>): Partial<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`)
  for (const name of Object.keys(value)) if (!names.has(name)) throw new Error(`${where}.${name} is not known`)
  return value as Partial<Record<string, unknown>>
}

function listed(value: unknown, where: string, read: (text: string) => string): ReadonlySet<string> | null {
  if (value === undefined) return null
  const texts = (one: unknown): one is string => typeof one === 'string' && one !== '' && one.length <= 500
  if (!Array.isArray(value) || value.length === 0 || value.length > maxListed || !value.every(texts))
    throw new Error(`${where} is not a list of 1 to ${maxListed} texts`)
  return new Set(value.map(read))
}
