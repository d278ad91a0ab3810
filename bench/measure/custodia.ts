import { defaultShedding } from '../../packages/edge/src/overload/shedding.ts'
import { config as identity } from '../../server/identity/parts.ts'
import type { TestServer } from '../../tests/harness.ts'
import { signIn, startTestServer, withAccounts } from '../../tests/harness.ts'
import type { Account } from '../../tools/demo/accounts.ts'
import { caller } from '../../tools/demo/call.ts'

/** A Custodia under load: set up, and with a limiter that lets pass what the load sends. */
export type LoadedServer = {
  readonly server: TestServer
  readonly pid: number
  readonly host: string
  readonly accounts: readonly Account[]
  /** The cookie of the first account, an administrator. */
  readonly cookie: string
  /** Carries its session to the host of an application. @returns the cookie there. */
  enter(applicationHost: string): Promise<string>
}

const most = { burst: 1_000_000, perSeconds: 1 }

/** Nothing but the figures of the limiter differs from what an operator gets: its work is done for every request. */
export const loadedEnvironment = {
  // As the default is, over what tests get.
  CUSTODIA_IDENTITY_ARGON2_MEMORY_KIB: `${identity.argon2MemoryKib.defaultValue}`,
  CUSTODIA_IDENTITY_ARGON2_PASSES: `${identity.argon2Passes.defaultValue}`,
  CUSTODIA_LIMITS_CLASSES: JSON.stringify({ read: most, write: most, expensive: most, 'sign-in': most }),
  CUSTODIA_SHED_FROM_MS: `${defaultShedding.busyMs}`,
  CUSTODIA_LOG_LEVEL: 'warn',
}

/** Starts it, and hands it to `work`; afterwards it and its folder are gone. */
export async function withCustodia<T>(
  options: { readonly configuration?: string; readonly environment?: NodeJS.ProcessEnv },
  work: (loaded: LoadedServer) => Promise<T>,
): Promise<T> {
  const server = await startTestServer({ ...options, environment: { ...loadedEnvironment, ...options.environment } })
  try {
    const accounts = await withAccounts(server, ['administrator', 'administrator'])
    const cookie = await signIn(server.call, accounts[0] as Account)
    return await work({
      server,
      pid: server.child.pid as number,
      host: new URL(server.publicUrl).hostname,
      accounts,
      cookie,
      enter: (applicationHost) => handOver(server, cookie, applicationHost),
    })
  } finally {
    await server.remove()
  }
}

/** As a browser goes: from the application to the sign-in page and back, with the cookie that remembers the way. */
async function handOver({ port, call }: TestServer, cookie: string, host: string): Promise<string> {
  const application = caller(port, host)
  const sent = await application('GET', '/', { headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' } })
  const state = /[A-Za-z0-9_-]{43}/.exec(sent.cookie ?? '')?.[0]
  const { body } = await call('POST', '/v1/hand-over', { cookie, body: { host, state } })
  const { pathname, search } = new URL(String(body.location))
  const arrived = await application('GET', `${pathname}${search}`, { cookie: sent.cookie ?? '' })
  if (arrived.cookie === null) throw new Error(`the session did not reach ${host}: ${JSON.stringify(arrived.body)}`)
  return arrived.cookie
}
