import type { Account } from '../tools/demo/accounts.ts'
import type { Caller } from '../tools/demo/call.ts'
import { withCustodia } from './measure/custodia.ts'
import { inTurn, median, spread } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench } from './measure/row.ts'
import { less, more } from './measure/row.ts'

const rounds = 5
const roundMs = 4_000
/** More than are hashed at once, so that none of those ever waits for work. */
const clients = 8
/** Sign-ins one after the other. */
const alone = 100
const overheadLimitMs = 100

/**
 * Password sign-ins over the HTTP API, each with its session, cookie and entries in the ledger, against Argon2id of the runtime alone, at
 * the same cost and with as many at once. Each account has a browser and a network of its own, by way of a
 * trusted proxy's header.
 */
export const signIns: Bench = {
  name: 'sign-in',
  async run() {
    const argon2 = await startPeer('argon2')
    try {
      return await withCustodia(
        { environment: { CUSTODIA_TRUSTED_PROXIES: '127.0.0.1' } },
        async ({ server, accounts }) => {
          // Each account's browser is known from then on.
          for (const number of accounts.keys()) await signInOnce(server.call, accounts, number)
          const pair = await inTurn(
            rounds,
            () => signingIn(server.call, accounts),
            () => argon2.ask('perSecond'),
          )
          const name = 'password sign-ins, beside raw Argon2id'
          const rate = more({
            name,
            ours: pair.ours,
            other: pair.other,
            unit: '/s',
            goal: 0.9,
            remarks: [spread(pair)],
          })
          return [rate, await overhead(server.call, accounts, await argon2.ask('aloneMs'))]
        },
      )
    } finally {
      await argon2.stop()
    }
  },
}

/** What a sign-in takes beyond its hash, one at a time: the slowest of a hundred but one. */
async function overhead(call: Caller, accounts: readonly Account[], hashMs: number) {
  const tookMs: number[] = []
  while (tookMs.length < alone) {
    const startedMs = performance.now()
    await signInOnce(call, accounts, tookMs.length)
    tookMs.push(performance.now() - startedMs - hashMs)
  }
  const p99 = tookMs.toSorted((a, b) => a - b)[alone - 2] as number
  const name = 'sign-in beyond its hash, p99, beside its limit'
  const remarks = [`the hash alone takes ${hashMs.toFixed(0)} ms; median beyond it ${median(tookMs).toFixed(1)} ms`]
  return less({ name, ours: p99, other: overheadLimitMs, unit: 'ms', goal: 1, remarks })
}

/** What each account's browser is known by. Without it so many tries would be slowed down. */
const devices = new Map<string, string>()

async function signInOnce(call: Caller, accounts: readonly Account[], number: number): Promise<void> {
  const { email, password } = accounts[number % accounts.length] as Account
  const headers = { 'x-forwarded-for': `10.0.0.${number % accounts.length}` }
  const cookie = devices.get(email)
  const known = cookie === undefined ? {} : { cookie }
  const origin = { ...headers, 'sec-fetch-site': 'same-origin' }
  const { status, body, cookies } = await call('POST', '/v1/sign-in', {
    body: { email, password },
    headers: origin,
    ...known,
  })
  if (status !== 200) throw new Error(`a sign-in was answered with ${status}: ${JSON.stringify(body)}`)
  const device = cookies.find((one) => one.startsWith('__Host-custodia-device='))
  if (device !== undefined) devices.set(email, device)
}

async function signingIn(call: Caller, accounts: readonly Account[]): Promise<number> {
  const started = performance.now()
  let made = 0
  const client = async (number: number) => {
    while (performance.now() - started < roundMs) {
      await signInOnce(call, accounts, number)
      made += 1
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  return (made * 1_000) / (performance.now() - started)
}
