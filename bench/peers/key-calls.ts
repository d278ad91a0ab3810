import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import type { config } from '../../server/apikeys/config.ts'
import { makeKey } from '../../server/apikeys/key-format.ts'
import { createApiKeys } from '../../server/apikeys/module.ts'
import { hashSecret } from '../../server/apikeys/secret-hash.ts'
import type { Database } from '../../server/platform/database/database.ts'
import type { RequestHead } from '../../server/platform/http/ports.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { testContext } from '../../server/platform/testing.ts'

// One kind of call in a process of its own, so that nobody's garbage is collected at another's expense. Each message asks for a round.
const perRound = 50_000
const manyKeys = 1_000

const pepper = randomBytes(32)
const owned = process.argv[2] === 'person' ? 'user' : 'application'
let asked: object[] = []
/** Stands for the database, of which only the first request of each key asks anything. */
const query: object = new Proxy({}, { get: (_, name) => (name === 'execute' ? async () => asked : () => query) })
const database = { queries: query } as unknown as Database

const keys = await createApiKeys(testContext<typeof config>({ config: { maxDays: 90, retentionDays: 90 }, database }), {
  keyring: { secret: async () => pepper },
  access: { rolesOf: async () => ['member'] },
  identity: { onDisowned: () => () => {}, person: async () => ({ organisationId: 'org_a' }) },
} as never)

const heads: RequestHead[] = []
for (let i = 0; i < manyKeys; i++) {
  const made = makeKey(systemRandom, 'live')
  asked = [
    {
      id: made.id,
      organisation_id: 'org_a',
      owner_kind: owned,
      application_id: 'inbox',
      environment: 'live',
      roles: ['application'],
      scopes: owned === 'user' ? ['mail:*'] : null,
      networks: [],
      requests_per_minute: null,
      secret_hash: hashSecret(made.secret, pepper),
      require_signature: false,
      algorithm: null,
      verifier: null,
      previous_hash: null,
      previous_until: null,
      expires_at: null,
      last_used_at: new Date(),
    },
  ]
  const headers = { authorization: `Bearer ${made.key}` }
  heads.push({ method: 'GET', url: '/', host: 'custodia.localhost', headers, address: '192.0.2.7' })
  await keys.authenticate(heads.at(-1) as RequestHead)
}

const bareKey = createSecretKey(randomBytes(32))
const secrets = heads.map(({ headers }) => String(headers.authorization).slice(-59, -7))
const ours = (i: number) => keys.authenticate(heads[i % manyKeys] as RequestHead)
const bare = (i: number) =>
  createHmac('sha256', bareKey)
    .update(secrets[i % manyKeys] as string)
    .digest()
const call = process.argv[2] === 'bare' ? bare : ours

process.on('message', async () => {
  const before = process.cpuUsage()
  for (let i = 0; i < perRound; i++) {
    const answer = call(i)
    if (answer instanceof Promise) await answer
  }
  const { user, system } = process.cpuUsage(before)
  process.send?.({ perSecond: (perRound * 1_000_000) / (user + system) })
})
process.send?.({ port: 0 })
process.once('disconnect', () => process.exit())
