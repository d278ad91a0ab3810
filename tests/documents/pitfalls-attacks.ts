import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { generateKeyPair, SignJWT } from 'jose'
import { createCustodia } from '../../packages/sdk/src/custodia.ts'
import { createLimits } from '../../packages/sdk/src/edge/limits.ts'
import { signWebhook } from '../../packages/sdk/src/webhooks/webhooks.ts'

/** What a snippet of the page exports: each has a function of its own form, and some are wrong on purpose. */
// biome-ignore lint/suspicious/noExplicitAny: no type holds all of them
type Snippet = any

/** One pitfall of the page: what both snippets do, and what only the wrong one lets happen. */
type Pitfall = {
  /** True where it does what it is for. Left out where that would need the network. */
  works?(snippet: Snippet): Promise<boolean> | boolean
  /** True where the attack succeeds. A snippet may throw instead. */
  attack(snippet: Snippet): Promise<boolean> | boolean
}

/** A pool as those of `pg` are, on a real database. */
function poolWith(statements: string) {
  const database = new DatabaseSync(':memory:')
  database.exec(statements)
  return {
    async query(asked: string | { readonly text: string; readonly values: readonly unknown[] }) {
      const { text, values } = typeof asked === 'string' ? { text: asked, values: [] } : asked
      const statement = database.prepare(text.replaceAll(/\$(\d+)/g, '?$1'))
      // As over a wire: others are asked meanwhile.
      await new Promise(setImmediate)
      if (!/^\s*select/i.test(text))
        return { rows: [], rowCount: Number(statement.run(...(values as string[])).changes) }
      const rows = statement.all(...(values as string[]))
      return { rows, rowCount: rows.length }
    },
  }
}
const notes = () =>
  poolWith(`create table notes (id integer, owner text, text text);
    insert into notes values (1, 'ana', 'of Ana'), (2, 'ben', 'of Ben')`)

/** A folder with a file in it, and a secret beside it. */
async function inFolder<Result>(act: (folder: string) => Promise<Result>): Promise<Result> {
  const around = mkdtempSync(join(tmpdir(), 'custodia-pitfall-'))
  const folder = join(around, 'files')
  mkdirSync(folder)
  writeFileSync(join(folder, 'a.txt'), 'four')
  writeFileSync(join(around, 'secret.txt'), 'secret')
  return await act(folder).finally(() => rmSync(around, { recursive: true }))
}

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const now = () => Math.floor(Date.now() / 1_000)
const message = (id: string, text: string, timestamp = now()) => {
  const body = Buffer.from(text)
  return { headers: signWebhook({ id, timestamp, body }, [secret]), body }
}

const issuer = 'http://custodia.localhost'
const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
const jwk = { ...(await crypto.subtle.exportKey('jwk', pair.publicKey)), kid: 'one', alg: 'EdDSA', use: 'sig' }
const custodia = createCustodia({
  url: issuer,
  application: 'shop',
  fetch: async () => Response.json({ keys: [jwk] }),
})
const token = (audience: string, typ = 'custodia-assertion+jwt') =>
  new SignJWT({
    org: 'org_a',
    sid: 'ses_a',
    email: 'ana@shop.example',
    name: 'Ana',
    roles: [],
    permissions: [],
    amr: [],
  })
    .setProtectedHeader({ alg: 'EdDSA', typ, kid: 'one' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('usr_ana')
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(pair.privateKey)
const asking = { custodia, keys: pair.publicKey }

const site = 'https://shop.example'
const from = (origin: string, path: string, more: RequestInit & { readonly headers?: Record<string, string> } = {}) =>
  new Request(site + path, {
    ...more,
    headers: {
      origin,
      cookie: '__Host-session=ana',
      'sec-fetch-site': origin === site ? 'same-origin' : 'cross-site',
      ...more.headers,
    },
  })
const json = (text: string) =>
  new Request(`${site}/settings`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: text })

/** Of the processor: whoever else is at work on this machine does not count. */
const millisecondsOf = (act: () => unknown) => {
  const before = process.cpuUsage()
  act()
  return process.cpuUsage(before).user / 1_000
}
const script = '<script>alert(1)</script>'

/** The attacks, by the name of the files on the page. */
export const pitfalls: Readonly<Record<string, Pitfall>> = {
  statements: {
    works: async ({ notesOf }) => (await notesOf(notes(), 'ana')).rows.length === 1,
    attack: async ({ notesOf }) => (await notesOf(notes(), "nobody' or '1' = '1")).rows.length > 0,
  },
  commands: {
    works: ({ bytesOf }) => inFolder(async (folder) => /^4 /.test((await bytesOf(folder, 'a.txt')).trim())),
    attack: ({ bytesOf }) =>
      inFolder(async (folder) => {
        await Promise.resolve()
          .then(() => bytesOf(folder, 'a.txt; touch owned'))
          .catch(() => {})
        return existsSync(join(folder, 'owned'))
      }),
  },
  paths: {
    works: ({ download }) =>
      inFolder(async (folder) => (await download(folder, { params: { name: 'a.txt' } })) === 'four'),
    attack: ({ download }) =>
      inFolder(async (folder) => (await download(folder, { params: { name: '../secret.txt' } })) === 'secret'),
  },
  markup: {
    works: ({ card }) =>
      /^<a href="https:\/\/a\.example\/" title="?Ana"?>Ana<\/a>$/.test(
        card({ name: 'Ana', site: 'https://a.example/' }),
      ),
    attack: ({ card }) => {
      const made: string = card({ name: 'x onmouseover=alert(1)', site: 'javascript:alert(1)' })
      return /href="javascript:/.test(made) || /title=x onmouseover/.test(made)
    },
  },
  'data-in-a-script': {
    works: ({ page }) => page({ name: 'Ana' }).includes('Ana'),
    attack: ({ page }) => page({ name: `</script>${script}` }).includes(script),
  },
  redirects: {
    works: ({ landing }) => new URL(landing('/cart?id=1'), site).href === `${site}/cart?id=1`,
    attack: ({ landing }) =>
      [
        '//evil.example',
        '/\\evil.example',
        '/\t/evil.example',
        'https://shop.example@evil.example',
        'javascript:alert(1)',
      ].some((next) => new URL(landing(next), site).origin !== site),
  },
  requests: {
    attack: async ({ preview }) => {
      const inside = createServer((_, response) => response.end('of the inside'))
      await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve))
      const { port } = inside.address() as AddressInfo
      try {
        for (const host of ['0.0.0.0', '[::ffff:127.0.0.1]']) {
          const seen = await preview(`http://${host}:${port}/`)
          if (seen === 'of the inside') return true
        }
        return false
      } finally {
        inside.close()
        inside.closeAllConnections()
      }
    },
  },
  json: {
    works: async ({ change }) => (await change({ size: 1 }, json('{"size":2}'))).size === 2,
    attack: async ({ change }) => {
      try {
        await change({}, json('{"__proto__":{"administrator":true}}'))
        return ({} as { administrator?: boolean }).administrator === true
      } finally {
        delete (Object.prototype as { administrator?: boolean }).administrator
      }
    },
  },
  fields: {
    works: ({ changeProfile }) => changeProfile({ name: 'Ana' }, { name: 'Anna', language: 'es' }).name === 'Anna',
    attack: ({ changeProfile }) =>
      changeProfile({ role: 'member' }, { name: 'A', role: 'administrator' }).role !== 'member',
  },
  patterns: {
    works: ({ isName }) => isName('Ana Maria Torres') && !isName('Ana; Torres'),
    attack: ({ isName }) => millisecondsOf(() => isName(`${'a'.repeat(27)}!`)) > 100,
  },
  uploads: {
    works: async ({ take }) => {
      const kept = new Map()
      const png = Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
        'base64',
      )
      await take(
        { put: (name: string, content: unknown) => void kept.set(name, content) },
        { name: 'a.png', content: png },
      )
      return kept.has('a.png')
    },
    attack: async ({ take }) => {
      const kept = new Map()
      await take(
        { put: (name: string, content: unknown) => void kept.set(name, content) },
        { name: 'a.png', content: Buffer.from(script) },
      )
      return kept.size > 0
    },
  },
  webhooks: {
    works: ({ receive }) => receive(secret, message('msg_1', '{"paid":1}')),
    async attack({ receive }) {
      const recorded = message('msg_2', '{"paid":1}', now() - 86_400)
      if (await receive(secret, recorded)) return true
      const { headers } = message('msg_3', '{"paid":1}')
      // Whoever reads the first of two names is told something else than what was signed.
      if (await receive(secret, { headers, body: Buffer.from('{"paid":999,"paid":1}') })) return true
      const twice = message('msg_4', '{"paid":1}')
      return (await receive(secret, twice)) && (await receive(secret, twice))
    },
  },
  'whose-it-is': {
    works: async ({ note }) => (await note(notes(), 'ana', 1)).rows[0]?.text === 'of Ana',
    attack: async ({ note }) => (await note(notes(), 'ana', 2)).rows.length > 0,
  },
  tokens: {
    works: async ({ whoAsks }) => (await whoAsks(asking, await token('shop'))) === 'usr_ana',
    attack: async ({ whoAsks }) => (await whoAsks(asking, await token('another-application'))) === 'usr_ana',
  },
  'sites-that-read': {
    async works({ serve }) {
      const reply: Response = await serve(() => ({ of: 'Ana' }))(from('https://partner.example', '/'))
      return reply.headers.get('access-control-allow-origin') === 'https://partner.example'
    },
    async attack({ serve }) {
      const reply: Response = await serve(() => ({ of: 'Ana' }))(from('https://evil-partner.example', '/'))
      return reply.headers.get('access-control-allow-origin') === 'https://evil-partner.example'
    },
  },
  'sites-that-write': {
    async works({ serve }) {
      const kept = new Set(['1'])
      await serve(kept)(from(site, '/delete?id=1', { method: 'POST' }))
      return kept.size === 0
    },
    async attack({ serve }) {
      const kept = new Set(['1'])
      await serve(kept)(from('https://evil.example', '/delete?id=1'))
      await serve(kept)(from('https://evil.example', '/delete?id=1', { method: 'POST' }))
      return kept.size === 0
    },
  },
  callers: {
    works: ({ callerOf }) =>
      callerOf({ headers: { 'x-forwarded-for': '203.0.113.7' }, socket: { remoteAddress: '10.0.0.2' } }) ===
      '203.0.113.7',
    async attack({ callerOf }) {
      const limits = createLimits({ policies: { each: { by: 'address', burst: 3, perSeconds: 3_600 } } })
      let refused = 0
      for (let i = 0; i < 10; i++) {
        // What the proxy was sent, and what it has added.
        const headers = { 'x-forwarded-for': `192.0.2.${i}, 203.0.113.9` }
        const caller = callerOf({ headers, socket: { remoteAddress: '10.0.0.2' } })
        if ((await limits.arrive('POST', '/sign-in', caller)).refusal !== null) refused += 1
      }
      return refused === 0
    },
  },
  sessions: {
    works: ({ signIn }) => {
      const sessions = new Map<string, string | null>()
      return sessions.get(signIn(sessions, 'before', 'ana')) === 'ana'
    },
    attack: ({ signIn }) => {
      const sessions = new Map<string, string | null>([['planted', null]])
      signIn(sessions, 'planted', 'ana')
      return sessions.get('planted') === 'ana'
    },
  },
  'looked-at-then-used': {
    works: async ({ redeem }) => await redeem(codes(), 'A'),
    attack: async ({ redeem }) => {
      const pool = codes()
      const won = await Promise.all(Array.from({ length: 50 }, () => redeem(pool, 'A')))
      return won.filter(Boolean).length > 1
    },
  },
  caches: {
    works: async ({ cached }) =>
      (await cached(new Map(), { url: '/', identity: { userId: 'ana' } }, () => 'of Ana')) === 'of Ana',
    attack: async ({ cached }) => {
      const cache = new Map()
      const load = ({ identity }: { identity: { userId: string } }) => identity.userId
      await cached(cache, { url: '/', identity: { userId: 'ana' } }, load)
      return (await cached(cache, { url: '/', identity: { userId: 'ben' } }, load)) === 'ana'
    },
  },
  faults: {
    works: ({ answerOf }) => answerOf(new Error('x'), () => {}).status === 500,
    attack: ({ answerOf }) =>
      /select|password|\.ts:\d/.test(
        JSON.stringify(answerOf(new Error('select password from users: no such table'), () => {}).body),
      ),
  },
  logs: {
    works: ({ lineOf }) => /\/reset/.test(lineOf({ method: 'GET', url: '/reset', headers: {} })),
    attack: ({ lineOf }) => {
      const headers = { 'user-agent': 'a browser', cookie: 'session=secret-1', authorization: 'Bearer secret-2' }
      return lineOf({ method: 'GET', url: '/reset?token=secret-3', headers }).includes('secret-')
    },
  },
}

function codes() {
  return poolWith(`create table codes (code text, used boolean); insert into codes values ('A', false)`)
}
