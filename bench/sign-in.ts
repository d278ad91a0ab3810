import type { Account } from '../tools/demo/accounts.ts'
import type { Caller } from '../tools/demo/call.ts'
import { withCustodia } from './measure/custodia.ts'
import { inTurn, spread } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench } from './measure/row.ts'
import { more } from './measure/row.ts'

const rounds = 5
const roundMs = 4_000
/** More than are hashed at once, so that none of those ever waits for work. */
const clients = 8

/**
 * Password sign-ins over the HTTP API, each with its session, cookie and entries in the ledger, against Argon2id of the runtime alone, at
 * the same cost and with as many at once. The server counts tries by network, so that each sign-in comes from one of its own, by way
 * of a trusted proxy's header.
 */
export const signIns: Bench = {
  name: 'sign-in',
  async run() {
    const argon2 = await startPeer('argon2')
    try {
      return await withCustodia(
        { environment: { CUSTODIA_TRUSTED_PROXIES: '127.0.0.1' } },
        async ({ server, accounts }) => {
          const pair = await inTurn(
            rounds,
            () => signingIn(server.call, accounts),
            () => argon2.ask('perSecond'),
          )
          const name = 'password sign-ins, beside raw Argon2id'
          return [more({ name, ours: pair.ours, other: pair.other, unit: '/s', goal: 0.9, remarks: [spread(pair)] })]
        },
      )
    } finally {
      await argon2.stop()
    }
  },
}

let networks = 0

async function signingIn(call: Caller, accounts: readonly Account[]): Promise<number> {
  const started = performance.now()
  let made = 0
  const client = async (number: number) => {
    const { email, password } = accounts[number % accounts.length] as Account
    while (performance.now() - started < roundMs) {
      networks += 1
      const headers = { 'x-forwarded-for': `10.${networks >> 16}.${(networks >> 8) & 255}.${networks & 255}` }
      const { status, body } = await call('POST', '/v1/sign-in', { body: { email, password }, headers })
      if (status !== 200) throw new Error(`a sign-in was answered with ${status}: ${JSON.stringify(body)}`)
      made += 1
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  return (made * 1_000) / (performance.now() - started)
}
