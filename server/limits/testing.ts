import { identity } from '../identity/module.ts'
import type { IdentityProcess } from '../identity/testing.ts'
import { testConfig as identityConfig, setUp } from '../identity/testing.ts'
import { mail } from '../mail/module.ts'
import { testConfig as mailConfig } from '../mail/testing.ts'
import type { LimitFigures } from '../platform/http/limits.ts'
import type { LimitClass } from '../platform/http/route.ts'
import type { Context } from '../platform/module.ts'
import type { Answer, Browser, TestHouse } from '../sessions/testing.ts'
import { openTestHouse, serve, startModule } from '../sessions/testing.ts'
import type { LimitsModule } from './module.ts'
import { limits } from './module.ts'

/**
 * Few, so that a test reaches them. Sign-in and writing have room for what a test does itself. Reads are earned back so slowly, one in
 * three minutes, that none is while a test counts them on a busy machine.
 */
const classes: Readonly<Record<LimitClass, LimitFigures>> = {
  'sign-in': { burst: 10, perSeconds: 60 },
  read: { burst: 20, perSeconds: 3_600 },
  write: { burst: 500, perSeconds: 60 },
  expensive: { burst: 500, perSeconds: 60 },
}

/** What is shared is to be found shared on a busy machine, too; what becomes of a store that is lost has tests of its own. */
const patientMs = 10_000

export type LimitsProcess = IdentityProcess & { readonly limits: LimitsModule }

export type LimitsHouse = {
  readonly house: TestHouse
  process(store?: 'auto' | 'process' | 'redis' | 'postgres', changes?: Partial<Context>): Promise<LimitsProcess>
  close(): Promise<void>
}

/** Processes whose pipeline has the real limiter; an address is what X-Forwarded-For says, by way of a trusted proxy. */
export async function openLimitsHouse(): Promise<LimitsHouse> {
  const house = await openTestHouse([mail, identity, limits], {
    keeper: { summary: 'Keeps limits of the organisation.', permissions: ['limits:read', 'limits:write'] },
  })
  const stops: (() => Promise<void>)[] = []
  return {
    house,
    async process(store = 'process', changes = {}) {
      const base = await house.process({ publicUrl: 'http://custodia.localhost', ...changes })
      const { context } = base
      const post = await startModule(mail, { ...context, config: mailConfig }, base)
      // In the order of their tiers: who operates the installation is not known yet when limits start.
      const own = await startModule(limits, { ...context, config: { store, classes, storeWaitMs: patientMs } }, base)
      const people = await startModule(identity, { ...context, config: identityConfig }, { ...base, mail: post })
      const routes = [...base.sessions.routes, ...people.routes, ...own.routes]
      const server = await serve(base, routes, [], own.limiter)
      stops.push(
        server.close,
        () => people.stop(),
        () => own.stop(),
        () => post.stop(),
      )
      return { ...base, identity: people, mail: post, limits: own, server, hashes: () => 0 }
    },
    async close() {
      for (const stop of stops) await stop()
      await house.close()
    },
  }
}

/** A browser at an address. */
export const at = (browser: Browser, address: string): Browser => ({
  cookie: browser.cookie,
  call: (method, path, body, headers = {}) =>
    browser.call(method, path, body, { 'x-forwarded-for': address, ...headers }),
})

export const statuses = async (times: number, ask: (i: number) => Promise<Answer>): Promise<number[]> => {
  const seen: number[] = []
  for (let i = 0; i < times; i++) seen.push((await ask(i)).status)
  return seen
}

/** The first administrator, signed in just now by the frozen clock. */
export async function administratorOf(process: LimitsProcess): Promise<Browser> {
  return at(await setUp(process), '198.51.100.200')
}
