import type { Cell, CellStore, Spent } from './cell-store.ts'
import { checkCells, keyOf } from './cell-store.ts'

/** Runs a Lua script in Redis or Valkey (6.2 or later). */
export type Evaluate = (script: string, keys: readonly string[], values: readonly string[]) => Promise<unknown>

// The same steps as cell-rate.ts and memory-cells.ts, in one go and by the store's clock. Doubles hold these whole numbers exactly
// (below 2^53). The values of each key: step, room, cost, 1 where it is only tried.
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local arrivals, waits, allowed = {}, {}, 1
for i = 1, #KEYS do
  local step, room = tonumber(ARGV[i * 4 - 3]), tonumber(ARGV[i * 4 - 2])
  local cost = tonumber(ARGV[i * 4 - 1])
  local arrival = tonumber(redis.call('GET', KEYS[i]) or '0')
  arrival = math.min(math.max(arrival, now), now + room)
  arrivals[i] = arrival
  if step * cost > room then waits[i] = room
  else waits[i] = math.max(0, arrival + step * cost - room - now) end
  if waits[i] > 0 and ARGV[i * 4] == '0' then allowed = 0 end
end
local reply = {allowed}
for i = 1, #KEYS do
  local step, room = tonumber(ARGV[i * 4 - 3]), tonumber(ARGV[i * 4 - 2])
  local arrival = arrivals[i]
  if allowed == 1 and waits[i] == 0 then
    arrival = arrival + step * tonumber(ARGV[i * 4 - 1])
    redis.call('SET', KEYS[i], string.format('%.0f', arrival), 'PX', math.ceil((arrival - now) / 1000))
  end
  reply[i * 2] = math.floor((room - (arrival - now)) / step)
  reply[i * 2 + 1] = string.format('%.0f', waits[i])
end
return reply
`

/**
 * Cells that processes share, by one script in Redis.
 *
 * @param prefix keeps installations on one Redis apart.
 */
export function redisCells(evaluate: Evaluate, prefix = 'custodia:cell:'): CellStore {
  return {
    async spend(cells) {
      checkCells(cells)
      if (cells.length === 0) return { allowed: true, remaining: [], waitsMs: [] }
      const keys = cells.map((cell) => `${prefix}${keyOf(cell)}`)
      return read(await evaluate(script, keys, cells.flatMap(valuesOf)), cells.length)
    },
  }
}

const valuesOf = ({ rate, cost = 1, tried = false }: Cell): string[] => [
  String(rate.stepUs),
  String(rate.roomUs),
  String(cost),
  tried ? '1' : '0',
]

function read(reply: unknown, count: number): Spent {
  if (!Array.isArray(reply) || reply.length !== 1 + 2 * count) throw new TypeError('the store answered something else')
  const numbers = reply.map(Number)
  return {
    allowed: numbers[0] === 1,
    remaining: numbers.filter((_, i) => i > 0 && i % 2 === 1),
    waitsMs: numbers.filter((_, i) => i > 0 && i % 2 === 0).map((us) => us / 1000),
  }
}
