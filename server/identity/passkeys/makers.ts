import 'reflect-metadata'
import type { KeyObject } from 'node:crypto'
import { KeyObject as NodeKey } from 'node:crypto'
import { BasicConstraintsExtension, X509Certificate, X509CertificateGenerator } from '@peculiar/x509'
import type { Maker } from './software-authenticator.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const years = { notBefore: new Date('2020-01-01'), notAfter: new Date('2060-01-01') }

/** Test support: somebody who makes authenticators, with a root of their own and a certificate for a model. */
export async function newMaker(
  subject = 'C=SE, O=Test Keys, OU=Authenticator Attestation, CN=Test Key Model 1',
  validity = years,
): Promise<Maker & { root: Buffer }> {
  const [rootKeys, modelKeys] = [await pair(), await pair()]
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'C=SE, O=Test Keys, CN=Test Root',
    ...years,
    signingAlgorithm: algorithm,
    keys: rootKeys,
    extensions: [new BasicConstraintsExtension(true, 1, true)],
  })
  const model = await X509CertificateGenerator.create({
    serialNumber: '02',
    subject,
    issuer: root.subject,
    ...validity,
    signingAlgorithm: algorithm,
    publicKey: modelKeys.publicKey,
    signingKey: rootKeys.privateKey,
    extensions: [new BasicConstraintsExtension(false, undefined, true)],
  })
  const key: KeyObject = NodeKey.from(modelKeys.privateKey)
  return { certificates: [Buffer.from(model.rawData)], key, root: Buffer.from(root.rawData) }
}

/** What somebody makes who has an authenticator of that maker and its key: no maker of authenticators. */
export async function pretender(maker: Maker): Promise<Maker> {
  const [model] = maker.certificates as [Buffer]
  const keys = await pair()
  const made = await X509CertificateGenerator.create({
    serialNumber: '03',
    subject: 'C=SE, O=Test Keys, OU=Authenticator Attestation, CN=Another Model',
    issuer: new X509Certificate(new Uint8Array(model)).subject,
    ...years,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: maker.key.toCryptoKey(algorithm, true, ['sign']) as CryptoKey,
    extensions: [new BasicConstraintsExtension(false, undefined, true)],
  })
  return { certificates: [Buffer.from(made.rawData), model], key: NodeKey.from(keys.privateKey) }
}

const pair = async () => await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
