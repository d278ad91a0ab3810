import { createHash } from 'node:crypto'
import type { ProofName } from './proof.ts'
import { fromBase64, fromHex, same } from './proof.ts'
import type { WebhookRequest } from './request.ts'
import { single, unixSeconds } from './request.ts'
import { readPublicKey, readSecret, signedContent } from './standard.ts'

/** What a request says of itself, before anything of it is believed. */
export type Claim = {
  /** Any one of them that holds is enough: senders overlap secrets while they rotate. At most 8. */
  readonly signatures: readonly { readonly proof: ProofName; readonly bytes: Uint8Array }[]
  readonly signed: Uint8Array
  /** Seconds since 1970, signed; null where the scheme has none. */
  readonly sentAt: number | null
  /** What one message has for itself, of what is signed. The signed bytes where there is no id among them. */
  readonly once?: Uint8Array
}

/** How one sender signs. A new one is a row of `senders`, with a vector and its source. */
export type Sender = {
  readonly title: string
  /** Where the sender describes it. */
  readonly documentation: string
  /** True where a time is signed. Otherwise a message that was recorded verifies for ever: that it counts once is the only defence. */
  readonly timestamped: boolean
  /** True where the body is signed. Otherwise who sees one message in time may send another body with its signature. */
  readonly bodySigned: boolean
  /** True where the address is signed. */
  readonly urlSigned: boolean
  /** The secret as its owner copied it, as the bytes of a key for this proof; null where it can not be one. */
  readKey(text: string, proof: ProofName): Uint8Array | null
  /** @returns null where something is missing; a claim without signatures where it has no form that is known. */
  read(request: WebhookRequest): Claim | null
}

const none: Claim = { signatures: [], signed: new Uint8Array(), sentAt: null }
const utf8 = (text: string): Uint8Array => Buffer.from(text)
const joined = (...parts: readonly (string | Uint8Array)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part)))
const textKey = (text: string): Uint8Array | null => (text.length >= 8 && text.length <= 1_024 ? utf8(text) : null)

const one = (proof: ProofName, bytes: Uint8Array | null) => (bytes === null ? [] : [{ proof, bytes }])

/** A signature alone in its header, over the body alone. */
const overBody =
  (header: string, prefix: string, decode: (text: string) => Uint8Array | null) =>
  (request: WebhookRequest): Claim | null => {
    const value = single(request, header)
    if (value === null) return null
    const bytes = value.startsWith(prefix) ? decode(value.slice(prefix.length)) : null
    return { signatures: one('hmac-sha256', bytes), signed: request.body, sentAt: null }
  }

/** Signature and time in a header each. */
const overTime =
  (
    { signature, timestamp }: { signature: string; timestamp: string },
    proof: ProofName,
    decode: (text: string) => Uint8Array | null,
    seconds: (text: string) => number | null = unixSeconds,
    before: (timestamp: string) => string = (text) => text,
  ) =>
  (request: WebhookRequest): Claim | null => {
    const [value, time] = [single(request, signature), single(request, timestamp)]
    if (value === null || time === null) return null
    const sentAt = seconds(time)
    if (sentAt === null) return none
    return { signatures: one(proof, decode(value)), signed: joined(before(time), request.body), sentAt }
  }

const mostSignatures = 8

/** Of names, so that the same table serves Svix, whose headers have another prefix. */
const standard =
  (prefix: 'webhook' | 'svix') =>
  (request: WebhookRequest): Claim | null => {
    const [id, time, list] = ['id', 'timestamp', 'signature'].map((name) => single(request, `${prefix}-${name}`))
    if (id == null || time == null || list == null) return null
    const sentAt = unixSeconds(time)
    const parts = list.split(' ')
    // Also what was joined because it came twice: a comma stands behind it.
    const listed = parts.length <= mostSignatures && parts.every((part) => /^[a-z\d]{1,8},[A-Za-z\d+/=]+$/.test(part))
    if (sentAt === null || !listed || id.length > 255) return none
    const signatures = parts.flatMap((part) => {
      const [version, text] = part.split(',')
      // Versions that are not known are passed over: a sender may give newer ones beside.
      const proof = version === 'v1' ? 'hmac-sha256' : version === 'v1a' ? 'ed25519' : null
      return proof === null || text === undefined ? [] : one(proof, fromBase64(text))
    })
    return { signatures, signed: signedContent({ id, timestamp: time, body: request.body }), sentAt, once: utf8(id) }
  }

const standardKey = (text: string, proof: ProofName) => (proof === 'ed25519' ? readPublicKey(text) : readSecret(text))

/** RFC 3339 in UTC. */
const instant = (text: string): number | null =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(text) && !Number.isNaN(Date.parse(text))
    ? Math.floor(Date.parse(text) / 1_000)
    : null

/** Stripe: `t=1492774577,v1=…,v1=…`. */
function stripe(request: WebhookRequest): Claim | null {
  const header = single(request, 'stripe-signature')
  if (header === null) return null
  const pairs = header.split(',').map((pair) => pair.trim().split('='))
  const valuesOf = (name: string) =>
    pairs.flatMap(([key, value]) => (key === name && value !== undefined ? [value] : []))
  const [time, ...others] = valuesOf('t')
  const sentAt = unixSeconds(time ?? null)
  if (time === undefined || sentAt === null || others.length > 0 || pairs.length > mostSignatures) return none
  const signatures = valuesOf('v1').flatMap((text) => one('hmac-sha256', fromHex(text)))
  return { signatures, signed: joined(`${time}.`, request.body), sentAt }
}

const isForm = (request: WebhookRequest) =>
  /^application\/x-www-form-urlencoded(?:\s*;|$)/i.test(single(request, 'content-type') ?? '')

/** Twilio: the address and, of a form, its fields sorted by name; of anything else, the digest of the body that stands in the query. */
function twilio(request: WebhookRequest): Claim | null {
  const value = single(request, 'x-twilio-signature')
  if (value === null || request.url === undefined) return null
  const signatures = one('hmac-sha1', fromBase64(value))
  if (isForm(request)) {
    const fields = new URLSearchParams(Buffer.from(request.body).toString())
    const names = [...new Set(fields.keys())].sort()
    const written = names.map((name) =>
      [...new Set(fields.getAll(name))]
        .sort()
        .map((one) => name + one)
        .join(''),
    )
    return { signatures, signed: joined(request.url, ...written), sentAt: null }
  }
  const digest = fromHex(new URL(request.url).searchParams.get('bodySHA256') ?? '')
  const holds = digest !== null && same(digest, createHash('sha256').update(request.body).digest())
  return holds ? { signatures, signed: utf8(request.url), sentAt: null } : none
}

/** Mailgun: in the JSON body itself, and of it only a time and a token. */
function mailgun(request: WebhookRequest): Claim | null {
  let body: unknown
  try {
    body = JSON.parse(Buffer.from(request.body).toString())
  } catch {
    return none
  }
  const { timestamp, token, signature } = ((body as { signature?: unknown } | null)?.signature ?? {}) as Record<
    string,
    unknown
  >
  if (typeof timestamp !== 'string' || typeof token !== 'string' || typeof signature !== 'string') return null
  const sentAt = unixSeconds(timestamp)
  // Digits and letters follow one another without a sign between them: where one ends is known by their lengths.
  if (sentAt === null || !/^[0-9a-z]{50}$/i.test(token)) return none
  return { signatures: one('hmac-sha256', fromHex(signature)), signed: utf8(timestamp + token), sentAt }
}

function square(request: WebhookRequest): Claim | null {
  const value = single(request, 'x-square-hmacsha256-signature')
  if (value === null || request.url === undefined) return null
  return { signatures: one('hmac-sha256', fromBase64(value)), signed: joined(request.url, request.body), sentAt: null }
}

function gitlab(request: WebhookRequest): Claim | null {
  const value = single(request, 'x-gitlab-token')
  return value === null ? null : { signatures: one('token', utf8(value)), signed: request.body, sentAt: null }
}

const timed = { timestamped: true, bodySigned: true, urlSigned: false } as const
const untimed = { ...timed, timestamped: false } as const

/** By the name that a source has in the configuration. */
export const senders = {
  standard: {
    title: 'Standard Webhooks',
    documentation: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
    ...timed,
    readKey: standardKey,
    read: standard('webhook'),
  },
  svix: {
    title: 'Svix',
    documentation: 'https://docs.svix.com/receiving/verifying-payloads/how-manual',
    ...timed,
    readKey: standardKey,
    read: standard('svix'),
  },
  github: {
    title: 'GitHub',
    documentation: 'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries',
    ...untimed,
    readKey: textKey,
    read: overBody('x-hub-signature-256', 'sha256=', fromHex),
  },
  gitlab: {
    title: 'GitLab (secret token; its signing token is Standard Webhooks)',
    documentation: 'https://docs.gitlab.com/user/project/integrations/webhooks/',
    ...untimed,
    bodySigned: false,
    readKey: textKey,
    read: gitlab,
  },
  stripe: {
    title: 'Stripe',
    documentation: 'https://docs.stripe.com/webhooks/signature',
    ...timed,
    readKey: textKey,
    read: stripe,
  },
  slack: {
    title: 'Slack',
    documentation: 'https://docs.slack.dev/authentication/verifying-requests-from-slack',
    ...timed,
    readKey: textKey,
    read: overTime(
      { signature: 'x-slack-signature', timestamp: 'x-slack-request-timestamp' },
      'hmac-sha256',
      (text) => (text.startsWith('v0=') ? fromHex(text.slice(3)) : null),
      unixSeconds,
      (time) => `v0:${time}:`,
    ),
  },
  shopify: {
    title: 'Shopify',
    documentation: 'https://shopify.dev/docs/apps/build/webhooks/subscribe/https',
    ...untimed,
    readKey: textKey,
    read: overBody('x-shopify-hmac-sha256', '', fromBase64),
  },
  twilio: {
    title: 'Twilio',
    documentation: 'https://www.twilio.com/docs/usage/security#validating-requests',
    ...untimed,
    urlSigned: true,
    // The vectors of Twilio's own libraries have a token of five characters.
    readKey: (text: string) => (text.length >= 5 && text.length <= 1_024 ? utf8(text) : null),
    read: twilio,
  },
  sendgrid: {
    title: 'SendGrid',
    documentation:
      'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features',
    ...timed,
    readKey: fromBase64,
    read: overTime(
      { signature: 'x-twilio-email-event-webhook-signature', timestamp: 'x-twilio-email-event-webhook-timestamp' },
      'ecdsa-p256',
      fromBase64,
    ),
  },
  mailgun: {
    title: 'Mailgun',
    documentation: 'https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks',
    ...timed,
    bodySigned: false,
    readKey: textKey,
    read: mailgun,
  },
  zendesk: {
    title: 'Zendesk',
    documentation: 'https://developer.zendesk.com/documentation/webhooks/verifying/',
    ...timed,
    readKey: textKey,
    read: overTime(
      { signature: 'x-zendesk-webhook-signature', timestamp: 'x-zendesk-webhook-signature-timestamp' },
      'hmac-sha256',
      fromBase64,
      instant,
    ),
  },
  discord: {
    title: 'Discord',
    documentation: 'https://docs.discord.com/developers/interactions/overview',
    ...timed,
    readKey: (text: string) => (text.length === 64 ? fromHex(text) : null),
    read: overTime({ signature: 'x-signature-ed25519', timestamp: 'x-signature-timestamp' }, 'ed25519', fromHex),
  },
  square: {
    title: 'Square',
    documentation: 'https://developer.squareup.com/docs/webhooks/step3validate',
    ...untimed,
    urlSigned: true,
    readKey: textKey,
    read: square,
  },
} as const satisfies Record<string, Sender>

export type SenderName = keyof typeof senders

export const senderNames = Object.keys(senders) as SenderName[]
