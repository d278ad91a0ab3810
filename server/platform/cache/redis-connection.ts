import { createHash } from 'node:crypto'
import { createClient, defineScript } from 'redis'
import { withDeadline } from './deadline.ts'
import type { Connection } from './reconnecting.ts'

// The same steps as cell-rate.ts, in one go and by the store's clock. Doubles hold these whole numbers exactly (below 2^53).
const spendScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local burst = tonumber(ARGV[1])
local step = math.floor(tonumber(ARGV[2]) * 1000000 / burst)
local room = step * burst
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + step
local wait = arrival - room - now
if wait > 0 then return {0, string.format('%.0f', wait)} end
redis.call('SET', KEYS[1], string.format('%.0f', arrival), 'PX', math.ceil((arrival - now) / 1000))
return {math.floor((room - (arrival - now)) / step), '0'}
`

const spend = defineScript({
  NUMBER_OF_KEYS: 1,
  SCRIPT: spendScript,
  parseCommand(parser, key: string, burst: number, perSeconds: number) {
    parser.pushKey(key)
    parser.push(String(burst), String(perSeconds))
  },
  transformReply: (reply: unknown): { remaining: number; waitMicroseconds: number } => {
    const [remaining, wait] = reply as [number, string]
    return { remaining, waitMicroseconds: Number(wait) }
  },
})

const count = defineScript({
  NUMBER_OF_KEYS: 1,
  SCRIPT: `
local counted = redis.call('INCR', KEYS[1])
if counted == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return counted
`,
  parseCommand(parser, key: string, perSeconds: number) {
    parser.pushKey(key)
    parser.push(String(perSeconds))
  },
  transformReply: (reply: unknown): number => reply as number,
})

const newClient = (url: string, withinMs: number) =>
  createClient({
    url,
    scripts: { spend, count },
    // What can't be sent now is not kept for later: the caller was told that it failed.
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    // `Reconnecting` opens a new client instead.
    socket: { connectTimeout: withinMs, reconnectStrategy: false },
  })

export type RedisClient = ReturnType<typeof newClient>
export type RedisConnection = Connection & { readonly client: RedisClient }

/**
 * Opens one connection to Redis or Valkey (6.2 or later).
 *
 * @param withinMs sign-in to the server included, which a frozen one never answers.
 * @throws Error whose message never holds the address: it may carry a password.
 */
export async function openRedis(url: string, lost: () => void, withinMs = 2_000): Promise<RedisConnection> {
  const client = newClient(url, withinMs)
  client.on('error', lost)
  const close = () => {
    if (client.isOpen) client.destroy()
  }
  try {
    await withDeadline('Redis', withinMs, client.connect())
  } catch (error) {
    close()
    throw new Error(`Redis can't be reached (${reason(error)})`)
  }
  return { client, close }
}

const hashes = new Map<string, string>()

/** Runs a script of ours by its hash; one that the store does not know yet is sent whole, once. */
export async function evaluate(
  client: RedisClient,
  script: string,
  keys: readonly string[],
  values: readonly string[],
): Promise<unknown> {
  const options = { keys: [...keys], arguments: [...values] }
  let hash = hashes.get(script)
  if (hash === undefined) {
    hash = createHash('sha1').update(script).digest('hex')
    hashes.set(script, hash)
  }
  try {
    return await client.evalSha(hash, options)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return await client.eval(script, options)
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error ? error.code : undefined
  // What the server itself answered begins with a word in capitals, as in WRONGPASS or NOAUTH.
  return typeof code === 'string' ? code : (/^[A-Z]{3,}\b/.exec(error.message)?.[0] ?? error.name)
}
