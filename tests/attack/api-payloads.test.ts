import assert from 'node:assert/strict'
import test, { after, before, describe } from 'node:test'
import type { Description, Input } from './inputs.ts'
import { inputsOf } from './inputs.ts'
import { payloadsFrom, readPayloads, some } from './payloads.ts'
import { send } from './send.ts'
import type { Target } from './target.ts'
import { openTarget, signedIn, stands, unlimited } from './target.ts'

/** Each input gets so many of them, another choice each. Said by a person who has an hour: all. */
const each = Number(process.env.CUSTODIA_TEST_PAYLOADS_EACH ?? 12)

/** What a reply may say of no fault: stacks, paths, statements, and values that were not there. */
const inner =
  /node_modules|\bat [\w.<>]+ \(|\/server\/\w+\/|\bfrom "?\w+\.\w+"? where|\bsyntax error at or near|\bpg_\w+\b/i

describe(`attacks through every input of the API (${payloadsFrom})`, { timeout: 240_000 }, () => {
  let target: Target
  let inputs: readonly Input[]
  let cookie: string
  let bearer: string
  const payloads = readPayloads()
  before(async () => {
    target = await openTarget({ ...unlimited, CUSTODIA_TRUSTED_PROXIES: '127.0.0.1' })
    cookie = await signedIn(target, 0)
    bearer = `Bearer ${String(target.server.command('applications', 'key', 'app').key)}`
    const { body } = await target.server.call('GET', '/openapi.json')
    const users = await target.server.call('GET', '/v1/users', { cookie })
    const member = (users.body.items as { id: string; email: string }[]).find(
      ({ email }) => email === target.accounts[1]?.email,
    )
    inputs = inputsOf(body as unknown as Description, {
      ...{ userId: String(member?.id), subject: String(member?.id), role: 'member', organisation: 'org' },
      ...{ email: 'nobody@brightwater.example', host: 'app.localhost' },
    })
  })
  after(() => target?.remove())

  test('nothing is a fault, nothing of the inside is told, and nothing comes back as a page', async (t) => {
    assert.ok(inputs.length >= 200, `${inputs.length} inputs`)
    const wrong: string[] = []
    const statuses = new Map<number, number>()
    let sent = 0
    let named = 0
    for (const [turn, input] of inputs.entries())
      for (const payload of some(payloads, each, turn)) {
        if (leavesTheMachine(input, payload)) continue
        sent += 1
        const answer = await send(target.server, input.method, input.request(payload), who(input, sent))
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
        if (answer.status === 400)
          named += Number(JSON.parse(answer.text).field === input.place.replaceAll(/\[(\d)\]/g, '.$1'))
        const type = String(answer.headers['content-type'] ?? '')
        const plain = answer.text.replaceAll(JSON.stringify(payload).slice(1, -1), '')
        const told = inner.exec(plain)?.[0] ?? /\bundefined\b|\[object Object\]|\bNaN\b/.exec(plain)?.[0]
        const why =
          answer.status >= 500
            ? answer.text
            : answer.text !== '' && !/^application\/(?:problem\+)?json/.test(type)
              ? `type ${type}`
              : (told ?? (answer.headers['set-cookie']?.some((set) => /injection/i.test(set)) ? 'set-cookie' : null))
        if (why !== null)
          wrong.push(
            `${answer.status} ${input.method} ${input.route} ${input.place}: ${JSON.stringify(payload)}: ${why}`,
          )
        if (answer.status === 401 && input.signedIn) cookie = await signedIn(target, 0, from(sent)).catch(() => cookie)
      }
    t.diagnostic(`${sent} requests to ${inputs.length} inputs: ${JSON.stringify(Object.fromEntries(statuses))}`)
    assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} in all`)
    const taken = [200, 201, 202, 204].reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0)
    assert.ok(taken > sent / 100, 'hardly anything was taken')
    // Were most of them about something else, it was the rest of the request that was refused.
    const refused = statuses.get(400) ?? 0
    assert.ok(named > refused / 2, `${named} of ${refused} refusals named the field`)
    assert.ok((statuses.get(401) ?? 0) + (statuses.get(429) ?? 0) < sent / 3, 'most were not looked at')
    assert.ok(await stands(target))
    assert.doesNotMatch(target.log(), /"level":"?(?:error|fatal)|"level":[56]0/)
  })

  const from = (count: number) => ({
    'x-forwarded-for': `10.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}`,
  })

  /** Guesses are counted by address; what is tested here is another thing. */
  function who(input: Input, count: number): Record<string, string> {
    if (/^\/(?:v1\/(?:keyring|relations)|access)\b/.test(input.route)) return { authorization: bearer }
    return input.signedIn ? { cookie } : from(count)
  }
})

/** An address that a webhook would be sent to. */
const leavesTheMachine = ({ place }: Input, payload: string) => place === 'body.url' && URL.canParse(payload)
