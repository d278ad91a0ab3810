import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { WebhookRequest } from './request.ts'
import type { Sender, SenderName } from './senders.ts'
import { senderNames, senders } from './senders.ts'
import { signWebhook, writeSecret } from './standard.ts'
import { isSecretOf, verifyWebhook } from './verify-webhook.ts'

type Vector = {
  readonly sender: SenderName
  readonly secret: string
  readonly now: number
  readonly url?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
type StandardCase = Omit<Vector, 'sender' | 'secret'> & {
  readonly note: string
  readonly secrets: readonly string[]
  readonly tolerance_s: number
  readonly accept: boolean
}

const read = <T>(name: string): readonly T[] =>
  JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8'))
const vectors = read<Vector>('senders')

const requestOf = ({ headers, body, url }: Omit<Vector, 'sender' | 'secret' | 'now'>): WebhookRequest => ({
  headers,
  body: Buffer.from(body),
  ...(url === undefined ? {} : { url }),
})
const judge = (vector: Vector, changed: Partial<Vector> & { readonly lateSeconds?: number } = {}) => {
  const { lateSeconds = 0, ...fields } = changed
  const one = { ...vector, ...fields }
  return verifyWebhook(one.sender, requestOf(one), [one.secret], { nowMs: (one.now + lateSeconds) * 1_000 })
}
const why = (verdict: ReturnType<typeof judge>) => (verdict.ok ? 'ok' : verdict.why)

for (const { note, accept, secrets, tolerance_s, now, ...request } of read<StandardCase>('standard-webhooks'))
  test(`Standard Webhooks: ${note}: ${accept ? 'holds' : 'is refused'}`, () => {
    const options = { nowMs: now * 1_000, toleranceSeconds: tolerance_s }
    assert.equal(verifyWebhook('standard', requestOf(request), secrets, options).ok, accept)
  })

test('every sender of the table has a vector, and each vector holds', () => {
  assert.deepEqual([...new Set(vectors.map(({ sender }) => sender))].sort(), [...senderNames].sort())
  for (const vector of vectors) assert.equal(why(judge(vector)), 'ok', vector.sender)
})

test('another body is refused wherever the body is signed', () => {
  for (const vector of vectors) {
    const { bodySigned }: Sender = senders[vector.sender]
    if (bodySigned) assert.equal(judge(vector, { body: `${vector.body}&x=1` }).ok, false, vector.sender)
  }
})

test('another secret, of the same form, is refused', () => {
  const others: Partial<Record<SenderName, string>> = {
    sendgrid:
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA==',
    discord: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    standard: writeSecret(Buffer.alloc(32, 7)),
    svix: writeSecret(Buffer.alloc(32, 7)),
  }
  for (const vector of vectors) {
    const secret = others[vector.sender] ?? 'not the secret at all'
    assert.equal(why(judge(vector, { secret })), 'signature', vector.sender)
  }
})

test('a header that is missing, there twice, empty or longer than any signature is refused', () => {
  for (const vector of vectors)
    for (const name of Object.keys(vector.headers)) {
      const value = vector.headers[name] as string
      const { [name]: _, ...without } = vector.headers
      const twice = { ...vector.headers, [name]: [value, value] } as unknown as Vector['headers']
      for (const headers of [without, twice, { ...without, [name]: '' }, { ...without, [name]: value.repeat(200) }])
        assert.equal(judge(vector, { headers }).ok, false, `${vector.sender} ${name}`)
      // As Node joins what came twice.
      assert.equal(judge(vector, { headers: { ...without, [name]: `${value}, ${value}x` } }).ok, false, vector.sender)
    }
})

test('what has a time is refused five minutes and a second later and earlier; what has none never for its age', () => {
  for (const vector of vectors) {
    const { timestamped }: Sender = senders[vector.sender]
    const slack = vector.now === 1614265340 ? 10 : 0
    assert.equal(why(judge(vector, { lateSeconds: 301 - slack })), timestamped ? 'late' : 'ok', vector.sender)
    assert.equal(judge(vector, { lateSeconds: 300 - slack }).ok, true, vector.sender)
    assert.equal(why(judge(vector, { lateSeconds: -301 - slack })), timestamped ? 'early' : 'ok', vector.sender)
    const { sentAt } = judge(vector) as { sentAt: number | null }
    assert.equal(sentAt !== null, timestamped, vector.sender)
  }
})

test('a time that is written otherwise is refused, however it is signed', () => {
  const secret = writeSecret(Buffer.alloc(32, 1))
  const body = Buffer.from('{}')
  const signed = signWebhook({ id: 'm', timestamp: 1_710_000_000, body }, [secret])
  for (const time of [
    '+1710000000',
    ' 1710000000',
    '1710000000.0',
    '1.71e9',
    '0x65ec8780',
    '01710000000',
    '',
    '17100000000000',
    'NaN',
  ])
    assert.equal(
      verifyWebhook('standard', { headers: { ...signed, 'webhook-timestamp': time }, body }, [secret], {
        nowMs: 1.71e12,
      }).ok,
      false,
      time,
    )
})

test('an address that is signed counts to the last character, and not without being known', () => {
  for (const vector of vectors) {
    const { urlSigned }: Sender = senders[vector.sender]
    if (!urlSigned) continue
    assert.equal(why(judge(vector, { url: `${vector.url}&x=1` })), 'signature')
    const { url: _, ...unknown } = vector
    assert.equal(why(judge(unknown as Vector)), 'missing')
  }
})

test('Twilio: a body that is no form counts by its digest in the address', () => {
  const [vector] = vectors.filter(({ sender }) => sender === 'twilio') as [Vector]
  // From Twilio's own libraries: this body and this digest.
  const bodySHA256 = '0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620'
  const json = {
    url: `https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=${bodySHA256}`,
    body: '{"property": "value", "boolean": true}',
    headers: { 'content-type': 'application/json', 'x-twilio-signature': 'a9nBmqA0ju/hNViExpshrM61xv4=' },
  }
  assert.equal(why(judge(vector, json)), 'ok')
  assert.equal(why(judge(vector, { ...json, body: `${json.body} ` })), 'malformed')
  const { url = '' } = vector
  assert.equal(why(judge(vector, { ...json, url })), 'malformed')
})

test('one of several signatures and one of two secrets are enough; more than eight are not looked at', () => {
  const [a, b, c] = [1, 2, 3].map((byte) => writeSecret(Buffer.alloc(32, byte))) as [string, string, string]
  const body = Buffer.from('{"a":1}')
  const headers = signWebhook({ id: 'msg_1', timestamp: 1_710_000_000, body }, [a, b])
  const by = (secrets: string[], more = headers) =>
    verifyWebhook('standard', { headers: more, body }, secrets, { nowMs: 1.71e12 }).ok
  assert.deepEqual([by([a]), by([b]), by([c]), by([c, b])], [true, true, false, true])
  const many = `${'v1,AAAA '.repeat(8)}${headers['webhook-signature']}`
  assert.equal(by([a], { ...headers, 'webhook-signature': many }), false)
})

test('what is signed with a private key holds with its public one, and not as a keyed hash with it', () => {
  const signing = 'whsk_NjyjvokR+VCpdB0iENbvo5OgQYXVe6zq/Q8rl/hFQ9Q='
  const verifying = 'whpk_jD+O82yQhXo9ww8MHYvlg27ZvN7gadVD4ULgc4gLhNY='
  const body = Buffer.from('{"a":1}')
  const headers = signWebhook({ id: 'msg_1', timestamp: 1_710_000_000, body }, [signing])
  const by = (more: Record<string, string>) =>
    verifyWebhook('standard', { headers: { ...headers, ...more }, body }, [verifying], { nowMs: 1.71e12 })
  assert.equal(why(by({})), 'ok')
  // The key is public: whoever has it must not be able to sign with it as with a shared secret.
  const asSecret = signWebhook({ id: 'msg_1', timestamp: 1_710_000_000, body }, [verifying.replace('whpk_', 'whsec_')])
  assert.equal(by(asSecret).ok, false)
})

test('the same message is known again however its signature is written, and another is not', () => {
  const onceOf = (vector: Vector, changed: Partial<Vector> = {}) => (judge(vector, changed) as { once: string }).once
  const names = new Set(vectors.map((vector) => onceOf(vector)))
  // The example of Standard Webhooks stands there twice.
  assert.equal(names.size, vectors.length - 1)
  const [sendgrid] = vectors.filter(({ sender }) => sender === 'sendgrid') as [Vector]
  // ECDSA: whoever sees (r, s) knows (r, n - s), too. It is the same message.
  const der = Buffer.from(sendgrid.headers['x-twilio-email-event-webhook-signature'] as string, 'base64')
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const [r, s] = [der.subarray(4, 36), der.subarray(39, 71)]
  const other = Buffer.from((n - BigInt(`0x${s.toString('hex')}`)).toString(16).padStart(64, '0'), 'hex')
  const mirrored = Buffer.concat([Buffer.from([0x30, 68, 2, 32]), r, Buffer.from([2, 32]), other]).toString('base64')
  const headers = { ...sendgrid.headers, 'x-twilio-email-event-webhook-signature': mirrored }
  assert.equal(onceOf(sendgrid, { headers }), onceOf(sendgrid))
})

test('a secret that can be none of a sender is told, not taken for a wrong signature', () => {
  const [vector] = vectors as [Vector]
  assert.throws(() => judge(vector, { secret: 'whsec_short' }), RangeError)
  for (const name of senderNames) assert.equal(isSecretOf(name, ''), false, name)
  for (const { sender, secret } of vectors) assert.equal(isSecretOf(sender, secret), true, sender)
})

test('what can not be a webhook is not signed, and the reason repeats nothing of it', () => {
  const secret = writeSecret(Buffer.alloc(32, 1))
  const message = { id: 'msg_1', timestamp: 1_710_000_000, body: Buffer.from('{}') }
  for (const [changed, secrets] of [
    [{ id: 'a.b' }, [secret]],
    [{ id: 'a\r\nx: y' }, [secret]],
    [{ timestamp: 1.5 }, [secret]],
    [{}, []],
    [{}, ['whsec_c2hvcnQ=']],
  ] as const)
    assert.throws(
      () => signWebhook({ ...message, ...changed }, secrets),
      (error) => error instanceof RangeError && !/a\.b|c2hvcnQ|1\.5/.test(error.message),
    )
})
