import type { CreationOptions, RequestOptions } from '../server/identity/passkeys/software-authenticator.ts'
import { SoftwareAuthenticator } from '../server/identity/passkeys/software-authenticator.ts'
import type { TestServer } from '../tests/harness.ts'
import { signIn } from '../tests/harness.ts'
import { withCustodia } from './measure/custodia.ts'
import { inTurn, spread } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench } from './measure/row.ts'
import { more } from './measure/row.ts'

const rounds = 5
const roundMs = 4_000
const clients = 8

/**
 * Sign-ins by passkey alone over the HTTP API, each with its challenge made and used up, its score, session, cookies and entries in the
 * ledger, against the verification of one signature by the same library. Nothing but the signature is work that a sign-in cannot do
 * without, so that the row says what all the rest costs: a handful of transactions on disk.
 */
export const passkeySignIns: Bench = {
  name: 'passkey-sign-in',
  async run() {
    const p256 = await startPeer('p256')
    try {
      return await withCustodia(
        { environment: { CUSTODIA_TRUSTED_PROXIES: '127.0.0.1' } },
        async ({ server, accounts }) => {
          const origin = server.publicUrl
          const keys = Array.from({ length: clients }, () => new SoftwareAuthenticator({ origin, counts: false }))
          // All before the first passkey: after it the password alone is not enough.
          const cookies = await Promise.all(accounts.map((account) => signIn(server.call, account)))
          for (const [number, key] of keys.entries()) await enrol(server, String(cookies[number % cookies.length]), key)
          const pair = await inTurn(
            rounds,
            () => signingIn(server, keys),
            () => p256.ask('perSecond'),
          )
          const name = 'passkey sign-ins, beside raw P-256 verifications'
          return [more({ name, ours: pair.ours, other: pair.other, unit: '/s', goal: 0.01, remarks: [spread(pair)] })]
        },
      )
    } finally {
      await p256.stop()
    }
  },
}

async function enrol({ call }: TestServer, cookie: string, key: SoftwareAuthenticator): Promise<void> {
  const { body } = await call('POST', '/v1/me/passkeys/options', { cookie })
  const credential = key.create(body.options as CreationOptions)
  const added = await call('POST', '/v1/me/passkeys', { cookie, body: { credential, name: 'Bench' } })
  if (added.status !== 201)
    throw new Error(`a passkey was answered with ${added.status}: ${JSON.stringify(added.body)}`)
}

let networks = 0

async function signingIn({ call }: TestServer, keys: readonly SoftwareAuthenticator[]): Promise<number> {
  const started = performance.now()
  let made = 0
  const client = async (key: SoftwareAuthenticator) => {
    while (performance.now() - started < roundMs) {
      networks += 1
      const headers = { 'x-forwarded-for': `10.${networks >> 16}.${(networks >> 8) & 255}.${networks & 255}` }
      const offered = await call('POST', '/v1/sign-in/passkey/options', { headers })
      const credential = key.get(offered.body.options as RequestOptions)
      const cookie = offered.cookie ?? ''
      const { status, body } = await call('POST', '/v1/sign-in/passkey', { cookie, body: { credential }, headers })
      if (status !== 200) throw new Error(`a sign-in was answered with ${status}: ${JSON.stringify(body)}`)
      made += 1
    }
  }
  await Promise.all(keys.map(client))
  return (made * 1_000) / (performance.now() - started)
}
