import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCustodiaError } from '../errors.ts'
import type { WebhookVerifierOptions } from './webhooks.ts'
import { createWebhookVerifier, signWebhook } from './webhooks.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const body = Buffer.from('{"type":"identity.user.invited"}')
const time = { ms: 1_710_000_000_000 }
const clock = { nowMs: () => time.ms }
const signed = (id: string, timestamp = time.ms / 1_000, by = secret) => signWebhook({ id, timestamp, body }, [by])
const verifier = (changes: Partial<WebhookVerifierOptions> = {}) =>
  createWebhookVerifier({ sender: 'standard', secrets: [secret], clock, ...changes })
const fails = (asked: Promise<unknown>, code: string) =>
  assert.rejects(asked, (error) => isCustodiaError(error) && error.code === code)

test('what the sender signed holds once, with the headers of Node or of a Request', async () => {
  const verify = verifier()
  const { sentAt } = await verify({ headers: signed('msg_1'), body })
  assert.equal(sentAt, '2024-03-09T16:00:00.000Z')
  await fails(verify({ headers: new Headers(signed('msg_1')), body }), 'WEBHOOK_REPEATED')
  await verify({ headers: new Headers(signed('msg_2')), body })
})

test('what is forged, changed, late, or there twice is refused, and burns nothing', async () => {
  const verify = verifier()
  const good = signed('msg_3')
  const twice = new Headers(good)
  twice.append('webhook-signature', good['webhook-signature'] as string)
  await fails(verify({ headers: {}, body }), 'WEBHOOK_INVALID')
  await fails(verify({ headers: twice, body }), 'WEBHOOK_INVALID')
  await fails(verify({ headers: good, body: Buffer.from('{}') }), 'WEBHOOK_INVALID')
  await fails(verify({ headers: signed('msg_3', time.ms / 1_000 - 301), body }), 'WEBHOOK_INVALID')
  await fails(verify({ headers: { ...good, 'webhook-id': 'msg_4' }, body }), 'WEBHOOK_INVALID')
  await verify({ headers: good, body })
})

test('several processes take a message once where they share a store', async () => {
  const burnt = new Set<string>()
  const burn = async ({ nonce }: { nonce: string }) => !burnt.has(nonce) && burnt.add(nonce) !== undefined
  const [one, other] = [verifier({ burn }), verifier({ burn })]
  await one({ headers: signed('msg_5'), body })
  await fails(other({ headers: signed('msg_5'), body }), 'WEBHOOK_REPEATED')
})

test('options that can not be meant are told at once, without a secret in the words', () => {
  for (const [changes, field] of [
    [{ sender: 'constructor' as never }, 'sender'],
    [{ secrets: [] }, 'secrets'],
    [{ secrets: ['whsec_short'] }, 'secrets'],
    [{ sender: 'square', secrets: ['asdf1234'] }, 'url'],
    [{ toleranceSeconds: Number.NaN }, 'toleranceSeconds'],
    [{ toleranceSeconds: 86_400 }, 'toleranceSeconds'],
  ] as const)
    assert.throws(
      () => verifier(changes),
      (error) => isCustodiaError(error) && error.details.field === field && !error.message.includes('short'),
    )
})
