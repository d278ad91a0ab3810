import assert from 'node:assert/strict'
import test, { after, before, describe } from 'node:test'
import type { Account } from '../../tools/demo/accounts.ts'
import { newVisitor, openBrowser, withBrowser } from '../journeys/browser.ts'
import { signInTo } from '../journeys/sign-in.ts'
import { nextName, stock, storeMore } from './api-stock.ts'
import { consolePages, goWithin, loadAll, openable, settled, unfold } from './console-pages.ts'
import { headersOf } from './header-inputs.ts'
import type { Description, Input } from './inputs.ts'
import { inputsOf } from './inputs.ts'
import { probe } from './listen.ts'
import { everything, payloadsFrom, readKinds, shotsAt } from './payloads.ts'
import { sendUntilTaken } from './send.ts'
import type { Target } from './target.ts'
import { openTarget, signedIn, stands, unlimited } from './target.ts'

/** What a reply may say of no fault: stacks, paths, statements, and values that were not there. */
const inner =
  /node_modules|\bat [\w.<>]+ \(|\/server\/\w+\/|\bfrom "?\w+\.\w+"? where|\bsyntax error at or near|\bpg_\w+\b/i
/** So many at once: what is told apart by an answer of its own, not by load. */
const lanes = 4
/** A sign-in counts as fresh for a while only, and what is sensitive asks for one. */
const signInAgainMs = 120_000

describe(`attacks through every input of the API (${payloadsFrom})`, {
  timeout: everything ? Number.POSITIVE_INFINITY : 400_000,
}, () => {
  let target: Target
  let description: Description
  let inputs: readonly Input[]
  let cookie: string
  let bearer: string
  before(async () => {
    target = await openTarget({
      ...unlimited,
      CUSTODIA_TRUSTED_PROXIES: '127.0.0.1',
      CUSTODIA_UPLOADS_SCANNER: 'off',
      CUSTODIA_ACCESS_DECISION_SAMPLE: '10000',
    })
    cookie = await signedIn(target, 0)
    bearer = `Bearer ${String(target.server.command('applications', 'key', 'app').key)}`
    description = (await target.server.call('GET', '/openapi.json')).body as unknown as Description
    const users = await target.server.call('GET', '/v1/users', { cookie })
    const member = (users.body.items as { id: string; email: string }[]).find(
      ({ email }) => email === target.accounts[1]?.email,
    )
    const known = await stock(target, cookie, description, {
      ...{ userId: String(member?.id), subject: String(member?.id), role: 'member', organisation: 'org' },
      ...{ email: () => `${nextName()}@brightwater.example`, name: nextName, host: 'app.localhost' },
    })
    inputs = [
      ...inputsOf(description, known),
      ...headersOf('GET', { path: '/v1/users' }, true),
      ...headersOf('POST', { path: '/v1/recovery', body: { email: 'nobody@brightwater.example' } }, false),
    ]
    // Before what is bounded in number has its number.
    await storeMore(target, cookie)
  })
  after(() => target?.remove())

  test('each declared operation has its inputs on the list, or none to attack', () => {
    const attacked = new Set(inputs.map(({ method, route }) => `${method} ${route}`))
    const missed = Object.entries(description.paths).flatMap(([route, methods]) =>
      Object.entries(methods).flatMap(([method, { parameters = [], requestBody }]) => {
        const takesNothing = !/[{]/.test(route) && parameters.length === 0 && requestBody === undefined
        const name = `${method.toUpperCase()} ${route}`
        return takesNothing || attacked.has(name) ? [] : [name]
      }),
    )
    assert.deepEqual(missed, [])
  })

  test('nothing is a fault, nothing of the inside is told, and nothing comes back as a page', async (t) => {
    assert.ok(inputs.length >= 400, `${inputs.length} inputs`)
    const wrong: string[] = []
    const statuses = new Map<number, number>()
    const shots = allShots()
    let sent = 0
    let named = 0
    let fields = 0
    let signedInMs = performance.now()
    let signingIn: Promise<unknown> | null = null
    const signInAgain = () => {
      signingIn ??= signedIn(target, 0, from(sent))
        .then((fresh) => (cookie = fresh))
        .catch(() => {})
        .finally(() => {
          signedInMs = performance.now()
          signingIn = null
        })
      return signingIn
    }

    const lane = async () => {
      for (const { input, payload } of shots) {
        if (leavesTheMachine(input, payload)) continue
        sent += 1
        if (performance.now() - signedInMs > signInAgainMs) await signInAgain()
        const what = `${input.method} ${input.route} ${input.place}: ${JSON.stringify(payload)}`
        const answer = await sendUntilTaken(
          target.server,
          input.method,
          input.request(payload),
          who(input, sent),
        ).catch((error: Error) => wrong.push(`${what}: ${error.message}`))
        if (typeof answer === 'number') continue
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
        if (answer.status === 400 && answer.text !== '' && !input.place.startsWith('header.')) {
          fields += 1
          named += Number(JSON.parse(answer.text).field === input.place.replaceAll(/\[(\d)\]/g, '.$1'))
        }
        const type = String(answer.headers['content-type'] ?? '')
        const plain = answer.text.replaceAll(JSON.stringify(payload).slice(1, -1), '')
        // What was stored is shown as it is: only what a refusal says is all our own.
        const told =
          answer.status < 400
            ? null
            : (/\bundefined\b|\[object Object\]|\bNaN\b/.exec(plain)?.[0] ?? inner.exec(plain)?.[0])
        const why =
          answer.status >= 500
            ? answer.text
            : answer.text !== '' && !/^application\/(?:problem\+)?json/.test(type)
              ? `type ${type}`
              : (told ?? (answer.headers['set-cookie']?.some((set) => /injection/i.test(set)) ? 'set-cookie' : null))
        if (why !== null) wrong.push(`${answer.status} ${what}: ${why.slice(0, 300)}`)
        if (answer.status === 401 && input.signedIn && !/cookie|user-agent|auth/.test(input.place)) await signInAgain()
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    t.diagnostic(`${sent} requests to ${inputs.length} inputs: ${JSON.stringify(Object.fromEntries(statuses))}`)
    assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} in all: ${faultsIn(target.log()).slice(0, 3)}`)
    const taken = [200, 201, 202, 204].reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0)
    assert.ok(taken > sent / 100, 'hardly anything was taken')
    // Were most of them about something else, it was the rest of the request that was refused.
    assert.ok(named > fields / 2, `${named} of ${fields} refusals named the field`)
    assert.ok((statuses.get(401) ?? 0) + (statuses.get(429) ?? 0) < sent / 3, 'most were not looked at')
    assert.ok(await stands(target))
    assert.deepEqual(faultsIn(target.log()), [])
  })

  test('what was stored is opened on every page of the console, and nothing of it runs', {
    ...withBrowser,
    timeout: everything ? Number.POSITIVE_INFINITY : 300_000,
  }, async (t) => {
    const browser = await openBrowser()
    const visitor = await newVisitor(browser, { probe })
    const { page, findings } = visitor
    /** A machine that does other things, too, is late, which the page says in its own words. */
    const isLate = (finding: string) => /^503 from|with a status of 503/.test(finding)
    const nothingRan = (what: string) =>
      assert.deepEqual(
        findings.filter((one) => !isLate(one)),
        [],
        what,
      )
    try {
      await signInTo(page, `${target.server.publicUrl}/`, target.accounts[0] as Account)
      const signs = new Set<string>()
      let opened = 0
      const pages = consolePages()
      assert.ok(pages.length >= 25, `${pages.length} pages`)
      for (const { path, reads } of pages) {
        // Who is signed in is led away from these; they are for the words after the hash, below.
        await page.goto(target.server.publicUrl + path)
        await settled(page)
        await loadAll(page, everything ? 1_000 : 3)
        nothingRan(path)
        const look = async () => {
          const text = await page.locator('body').evaluate((body) => body.textContent)
          if (/<script|onerror=|union select|alert\(| or 1=1/i.test(text)) signs.add(path)
        }
        await look()
        opened += await unfold(page, everything ? 1_000 : 6)
        nothingRan(path)
        await look()
        const links = await openable(page)
        for (const link of everything ? links : links.slice(0, 12)) {
          await goWithin(page, link)
          opened += 1
          nothingRan(link)
          await look()
        }
        const some = [...readKinds().values()].flatMap((kind) => (everything ? kind : kind.slice(0, 1)))
        for (const name of reads)
          for (const [i, payload] of some.entries()) {
            if (!everything && i % 8 !== name.length % 8) continue
            await goWithin(page, `${path}?${new URLSearchParams({ [name]: payload.toWellFormed() })}`)
            nothingRan(`${path}: ${name}: ${payload}`)
          }
      }
      t.diagnostic(`${opened} things opened; signs of attacks as text on ${[...signs].join(' ')}`)
      assert.ok(signs.size >= 8, `attacks were seen on ${[...signs].join(' ')} only`)
    } finally {
      await browser.close()
    }
  })

  /** Sort by sort: what stands in a path is read otherwise than what stands in a body. */
  function* allShots() {
    const kinds = readKinds()
    for (const inputsOfSort of Map.groupBy(inputs, ({ place }) => place.split('.')[0]).values())
      yield* shotsAt(inputsOfSort, kinds)
  }

  const from = (count: number) => ({
    'x-forwarded-for': `10.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}`,
  })

  /** Guesses are counted by address; what is tested here is another thing. */
  function who(input: Input, count: number): Record<string, string> {
    if (/^\/(?:v1\/(?:keyring|relations)|access)\b/.test(input.route)) return { authorization: bearer }
    return input.signedIn ? { cookie } : from(count)
  }
})

const faultsIn = (log: string) => log.split('\n').filter((line) => /"level":"?(?:error|fatal)|"level":[56]0/.test(line))

/** An address that a webhook would be sent to. */
const leavesTheMachine = ({ place }: Input, payload: string) => place === 'body.url' && URL.canParse(payload)
