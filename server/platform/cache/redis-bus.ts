import type { Bus } from './cache.ts'
import { withDeadline } from './deadline.ts'
import type { Medium } from './proven-bus.ts'
import { ProvenBus } from './proven-bus.ts'
import type { RedisOptions } from './redis-cache.ts'
import { openRedis } from './redis-connection.ts'

const answerMs = 400

/**
 * A bus on Redis or Valkey: one channel, one connection (RESP3 lets a subscriber publish), so that what one process says stays
 * in order.
 *
 * @throws Error where Redis can't be reached within ten seconds.
 */
export function openRedisBus(options: RedisOptions): Promise<Bus> {
  const channel = `${options.prefix ?? 'custodia:'}bus`
  return ProvenBus.open({
    name: 'the bus on Redis',
    log: options.log,
    async open(receive, lost, withinMs): Promise<Medium> {
      const { client, close } = await openRedis(options.url, lost, withinMs)
      try {
        await withDeadline('the bus on Redis', withinMs, client.subscribe(channel, receive))
      } catch (error) {
        close()
        throw error
      }
      return {
        async send(frame) {
          await withDeadline('the bus on Redis', answerMs, client.publish(channel, frame))
        },
        close,
      }
    },
  })
}
