import type { CellStore } from '@custodia/edge/limits/cell-store.ts'
import { redisCells } from '@custodia/edge/limits/redis-cells.ts'
import { ErrorReply } from 'redis'
import type { Log } from '../telemetry/log.ts'
import type { Budget, Cache } from './cache.ts'
import { budgetOf } from './cell-rate.ts'
import { DeadlinePassed, withDeadline } from './deadline.ts'
import { checkEntry, checkKey, checkSpending } from './limits.ts'
import { Reconnecting } from './reconnecting.ts'
import type { RedisClient, RedisConnection } from './redis-connection.ts'
import { evaluate, openRedis } from './redis-connection.ts'

export type RedisOptions = {
  /** May carry a password: never logged. */
  readonly url: string
  readonly log: Log
  /** Keeps installations on one Redis apart. Default `custodia:`. */
  readonly prefix?: string
}

const answerMs = 400

/**
 * A cache that processes share, in Redis or Valkey. While the store is lost every call throws, at once or within 500 ms:
 * what that means is for the caller to decide.
 *
 * @throws Error where Redis can't be reached within ten seconds.
 */
export async function openRedisCache(options: RedisOptions): Promise<Cache> {
  const connection = new Reconnecting<RedisConnection>({
    name: 'the Redis of the cache',
    log: options.log,
    open: (lost, withinMs) => openRedis(options.url, lost, withinMs),
  })
  await connection.start()
  return new RedisCache(connection, options.prefix ?? 'custodia:')
}

class RedisCache implements Cache {
  readonly #connection: Reconnecting<RedisConnection>
  readonly #prefix: string
  readonly cells: CellStore

  constructor(connection: Reconnecting<RedisConnection>, prefix: string) {
    this.#connection = connection
    this.#prefix = prefix
    this.cells = redisCells((...asked) => this.#ask((client) => evaluate(client, ...asked)), `${prefix}cell:`)
  }

  async get(key: string): Promise<string | null> {
    checkKey(key)
    return this.#ask((client) => client.get(this.#value(key)))
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    checkEntry(key, value, ttlSeconds)
    await this.#ask((client) => client.set(this.#value(key), value, { expiration: { type: 'EX', value: ttlSeconds } }))
  }

  async setIfAbsent(key: string, value: string, ttlSeconds: number): Promise<boolean> {
    checkEntry(key, value, ttlSeconds)
    const expiration = { type: 'EX', value: ttlSeconds } as const
    const reply = await this.#ask((client) => client.set(this.#value(key), value, { condition: 'NX', expiration }))
    return reply === 'OK'
  }

  async take(key: string): Promise<string | null> {
    checkKey(key)
    return this.#ask((client) => client.getDel(this.#value(key)))
  }

  async delete(key: string): Promise<void> {
    checkKey(key)
    await this.#ask((client) => client.del(this.#value(key)))
  }

  async count(key: string, perSeconds: number): Promise<number> {
    checkEntry(key, '', perSeconds)
    return this.#ask((client) => client.count(this.#value(key), perSeconds))
  }

  async spend(key: string, burst: number, perSeconds: number): Promise<Budget> {
    checkSpending(key, burst, perSeconds)
    const { remaining, waitMicroseconds } = await this.#ask((client) =>
      client.spend(`${this.#prefix}budget:${key}`, burst, perSeconds),
    )
    return budgetOf(remaining, waitMicroseconds)
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  #value(key: string): string {
    return `${this.#prefix}value:${key}`
  }

  async #ask<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    const connection = this.#connection.current
    if (connection === null) throw lost(new Error('the Redis of the cache is lost'))
    try {
      return await withDeadline('the Redis of the cache', answerMs, command(connection.client))
    } catch (error) {
      // An error that Redis answers leaves the connection good; silence does not.
      if (error instanceof DeadlinePassed) this.#connection.drop(connection)
      throw error instanceof ErrorReply ? error : lost(error as Error)
    }
  }
}

/** Told apart from a fault: whoever asked may try again in a moment (`platform/http/problem.ts`). */
const lost = (error: Error): Error => Object.assign(error, { code: 'CACHE_LOST' })
