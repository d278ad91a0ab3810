import { webcrypto } from 'node:crypto'
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
  X509CrlGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const crypto = webcrypto as Crypto
const dayMs = 86_400_000
const daysFromNow = (days: number) => new Date(Date.now() + days * dayMs)

export type Issued = { readonly certificate: string; readonly key: string }

export type Ask = {
  /** As in `O=Example, CN=robot`, in the order of the certificate. */
  readonly subject?: string
  readonly names?: readonly string[]
  readonly usage?: 'client' | 'server'
  /** From when until when, in days from now. */
  readonly days?: readonly [number, number]
}

/** An authority for tests: whatever it is asked for, it issues. */
export class TestAuthority {
  readonly pem: string
  readonly #certificate: X509Certificate
  readonly #key: CryptoKey

  constructor(certificate: X509Certificate, key: CryptoKey) {
    this.pem = certificate.toString('pem')
    this.#certificate = certificate
    this.#key = key
  }

  async issue({ subject = 'CN=somebody', names = [], usage = 'client', days = [-1, 2] }: Ask = {}): Promise<Issued> {
    const keys = await newKeys()
    const purpose = usage === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth
    const certificate = await this.#sign(subject, keys.publicKey, days, [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([purpose]),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names.map(generalName))]),
    ])
    return { certificate: certificate.toString('pem'), key: await keyText(keys.privateKey) }
  }

  /** An authority below this one. */
  async below(name: string): Promise<TestAuthority> {
    const keys = await newKeys()
    const extensions = [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ]
    return new TestAuthority(await this.#sign(`CN=${name}`, keys.publicKey, [-1, 30], extensions), keys.privateKey)
  }

  /** A list of what it takes back. @param days until the next list, from now. */
  async revoke(certificates: readonly Issued[], days = 2): Promise<string> {
    const list = await X509CrlGenerator.create(
      {
        issuer: this.#certificate.subject,
        thisUpdate: daysFromNow(Math.min(0, days) - 1),
        nextUpdate: daysFromNow(days),
        entries: certificates.map(({ certificate }) => ({
          serialNumber: new X509Certificate(certificate).serialNumber,
          revocationDate: daysFromNow(-1),
        })),
        signingAlgorithm: algorithm,
        signingKey: this.#key,
      },
      crypto,
    )
    // As OpenSSL names it.
    return PemConverter.encode(list.rawData, 'X509 CRL')
  }

  #sign(subject: string, publicKey: CryptoKey, [from, to]: readonly [number, number], extensions: Extensions) {
    const validity = { notBefore: daysFromNow(from), notAfter: daysFromNow(to) }
    return X509CertificateGenerator.create(
      {
        subject,
        issuer: this.#certificate.subject,
        publicKey,
        signingKey: this.#key,
        signingAlgorithm: algorithm,
        ...validity,
        extensions,
      },
      crypto,
    )
  }
}

type Extensions = NonNullable<Parameters<typeof X509CertificateGenerator.create>[0]['extensions']>

export async function newAuthority(name = 'authority'): Promise<TestAuthority> {
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${name}`,
      keys,
      signingAlgorithm: algorithm,
      notBefore: daysFromNow(-2),
      notAfter: daysFromNow(60),
      extensions: [
        new BasicConstraintsExtension(true, 1, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    },
    crypto,
  )
  return new TestAuthority(certificate, keys.privateKey)
}

const newKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<CryptoKeyPair>

const generalName = (value: string) => ({ type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const), value })

async function keyText(key: CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}
