import { X509Certificate as Certificate, createPrivateKey, webcrypto } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { Clock } from '../clock.ts'
import type { TlsMaterial } from './tls.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 86_400_000

/**
 * A certificate for development: an authority of this data folder's own, made at first use, and a server certificate for
 * `hosts` that is renewed when it is old or names other hosts. Trust `authorityFile` in a browser to see no warning.
 * Its key stays in the folder: whoever can read it can speak for any name in a browser that trusts the authority.
 */
export async function developmentCertificate(
  folder: string,
  hosts: readonly string[],
  clock: Clock,
): Promise<TlsMaterial & { readonly authorityFile: string }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const authorityFile = join(folder, 'authority.pem')
  const files = { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') }
  const authority = await loadAuthority(authorityFile, join(folder, 'authority.key'), clock)
  const stored = readPair(files)
  if (stored !== null && (await stillGood(stored.certificate, hosts, authority.certificate, clock)))
    return { ...stored, authorityFile }
  const issued = await issue(authority, hosts, clock)
  store(files.key, issued.key)
  store(files.certificate, issued.certificate)
  return { ...issued, authorityFile }
}

type Pair = { readonly certificate: string; readonly key: string }

/** Null where one of them is missing, or they don't belong together: whoever wrote them was killed between the two, or was not alone. */
function readPair(files: Pair): Pair | null {
  if (!existsSync(files.certificate) || !existsSync(files.key)) return null
  const pair = { certificate: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') }
  return new Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key)) ? pair : null
}

type Authority = { readonly certificate: X509Certificate; readonly key: webcrypto.CryptoKey }

async function loadAuthority(certificateFile: string, keyFile: string, clock: Clock): Promise<Authority> {
  const stored = readPair({ certificate: certificateFile, key: keyFile })
  if (stored !== null) {
    const certificate = new X509Certificate(stored.certificate)
    if (certificate.notAfter.getTime() > clock.nowMs() + 60 * dayMs)
      return { certificate, key: await importKey(stored.key) }
  }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Custodia development authority',
      keys: keys as CryptoKeyPair,
      signingAlgorithm: algorithm,
      ...validity(clock, 730),
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    },
    webcrypto as Crypto,
  )
  store(keyFile, await exportKey(keys.privateKey))
  store(certificateFile, certificate.toString('pem'))
  return { certificate, key: keys.privateKey }
}

async function issue(authority: Authority, hosts: readonly string[], clock: Clock): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.create(
    {
      subject: `CN=${hosts[0] ?? 'localhost'}`,
      issuer: authority.certificate.subject,
      publicKey: keys.publicKey as CryptoKey,
      signingKey: authority.key as CryptoKey,
      signingAlgorithm: algorithm,
      ...validity(clock, 90),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(
          hosts.map((host) => ({ type: isAddress(host) ? ('ip' as const) : ('dns' as const), value: host })),
        ),
      ],
    },
    webcrypto as Crypto,
  )
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) }
}

async function stillGood(
  pem: string,
  hosts: readonly string[],
  authority: X509Certificate,
  clock: Clock,
): Promise<boolean> {
  const certificate = new X509Certificate(pem)
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.toJSON() ?? []
  const same = hosts.every((host) => names.some((name) => name.value === host))
  const fresh = certificate.notAfter.getTime() > clock.nowMs() + 14 * dayMs
  return (
    same &&
    fresh &&
    (await certificate.verify({ publicKey: authority.publicKey, signatureOnly: true }, webcrypto as Crypto))
  )
}

const validity = (clock: Clock, days: number) => ({
  notBefore: new Date(clock.nowMs() - 3_600_000),
  notAfter: new Date(clock.nowMs() + days * dayMs),
})

const isAddress = (host: string) => /^[\d.]+$/.test(host) || host.includes(':')

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), algorithm, false, ['sign'])
}

/** Written beside and moved into place: a crash leaves the old file or the new one. */
function store(file: string, text: string): void {
  const draft = `${file}.new-${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  chmodSync(draft, 0o600)
  renameSync(draft, file)
}
