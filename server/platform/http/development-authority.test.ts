import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { frozenClock } from '../clock.ts'
import { developmentCertificate } from './development-authority.ts'
import type { TlsMaterial } from './tls.ts'

const made: string[] = []
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'custodia-authority-'))
  made.push(folder)
})
after(() => {
  for (const one of made) rmSync(one, { recursive: true })
})

const clock = frozenClock()
const hosts = ['custodia.localhost']
const certificate = (at = folder, named = hosts) => developmentCertificate(at, named, clock)
const belongs = ({ certificate, key }: TlsMaterial) =>
  new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
const issuedBy = ({ certificate }: TlsMaterial, authorityFile: string) =>
  new X509Certificate(certificate).verify(new X509Certificate(readFileSync(authorityFile)).publicKey)

test('what was issued is used again, until its hosts change', async () => {
  const first = await certificate()
  assert.deepEqual(await certificate(), first)
  const more = await certificate(folder, [...hosts, 'inbox.localhost'])
  assert.notEqual(more.certificate, first.certificate)
  assert.ok(belongs(more) && issuedBy(more, first.authorityFile))
})

for (const name of ['server', 'authority'] as const)
  test(`a key of the ${name} whose certificate was never written is made anew, with it`, async () => {
    await certificate()
    const other = mkdtempSync(join(tmpdir(), 'custodia-authority-'))
    made.push(other)
    await certificate(other)
    // As after a kill between the two files.
    writeFileSync(join(folder, `${name}.key`), readFileSync(join(other, `${name}.key`)))
    const asked = name === 'server' ? hosts : [...hosts, 'inbox.localhost']
    const next = await certificate(folder, asked)
    assert.ok(belongs(next) && issuedBy(next, next.authorityFile))
    assert.deepEqual(await certificate(folder, asked), next)
  })

test('whoever makes them at the same moment gets a pair', async () => {
  for (const one of await Promise.all(Array.from({ length: 6 }, () => certificate()))) assert.ok(belongs(one))
})
