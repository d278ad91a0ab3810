import { Type } from 'typebox'
import { systemClock } from '../clock.ts'
import type { MetricsRegistry } from '../telemetry/registry.ts'
import { createMetrics } from '../telemetry/registry.ts'
import { keepingLog } from '../telemetry/testing.ts'
import { AddressLimits } from './limits.ts'
import type { Route } from './route.ts'
import { defineRoute, Reply } from './route.ts'
import type { HttpServer, HttpServerOptions } from './server.ts'
import { createHttpServer } from './server.ts'

export type TestHttpServer = {
  readonly server: HttpServer
  readonly port: number
  readonly metrics: MetricsRegistry
  /** The value of a figure; NaN where there is none yet. `name` as it stands in a line, labels included. */
  figure(name: string): Promise<number>
}

/** Bytes of `GET /large`: more than the buffers between two sockets of this machine take. */
export const largeBytes = 16_777_216
const large = Buffer.alloc(largeBytes, 'x').toString('latin1')

const common = { who: 'anyone', sensitive: false, summary: 'Test.' } as const

/** `GET /small`, `GET /large`, `POST /take` with a body. */
export const testRoutes: readonly Route[] = [
  defineRoute({
    ...common,
    method: 'GET',
    path: '/small',
    limit: 'read',
    reply: Type.Object({ status: Type.String() }),
    handle: async () => ({ status: 'ok' }),
  }),
  defineRoute({
    ...common,
    method: 'GET',
    path: '/large',
    limit: 'read',
    reply: Type.String(),
    replyType: 'text/plain',
    handle: async () => new Reply(200, large),
  }),
  defineRoute({
    ...common,
    method: 'POST',
    path: '/take',
    limit: 'write',
    body: Type.Object({ text: Type.String() }),
    reply: Type.Object({ length: Type.Number() }),
    handle: async ({ body }) => ({ length: body.text.length }),
  }),
]

/** A listener with a few routes and no module, on a port of its own. */
export async function openHttpServer(options: Partial<HttpServerOptions> = {}): Promise<TestHttpServer> {
  const plenty = { burst: 1_000_000, perSeconds: 1 }
  const metrics = createMetrics()
  const server = await createHttpServer({
    routes: testRoutes,
    services: {
      clock: systemClock,
      limits: new AddressLimits(systemClock, { 'sign-in': plenty, read: plenty, write: plenty, expensive: plenty }),
      authenticators: [],
      authorizer: { decide: () => ({ allowed: false, reason: 'no-grant', policies: [] }) },
      ownOrigins: new Set(),
      sensitiveMaxAgeSeconds: 600,
      onDenied() {},
    },
    ownHosts: new Set(['localhost']),
    hostHandlers: [],
    pages: null,
    tls: null,
    log: keepingLog().log,
    metrics,
    trustedProxies: [],
    requestTimeoutSeconds: 30,
    bodyLimitBytes: 1_048_576,
    ...options,
  })
  const port = await server.listen('127.0.0.1', 0)
  return {
    server,
    port,
    metrics,
    figure: async (name) =>
      Number(
        (await metrics.text())
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.slice(name.length + 1),
      ),
  }
}
