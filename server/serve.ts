import { existsSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorTables } from './app.ts'
import type { Instance } from './instance.ts'
import { dataFolderOf } from './instance.ts'
import { systemClock } from './platform/clock.ts'
import { hostAndPort } from './platform/config/addresses.ts'
import { unknownVersions } from './platform/http/api-versions.ts'
import { developmentCertificate } from './platform/http/development-authority.ts'
import { hostName, isLoopback, loopbackHosts } from './platform/http/hosts.ts'
import { AddressLimits } from './platform/http/limits.ts'
import { openApiDocument } from './platform/http/openapi.ts'
import { loadPages } from './platform/http/pages.ts'
import { createHttpServer } from './platform/http/server.ts'
import { systemRoutes } from './platform/http/system-routes.ts'
import type { TlsMaterial } from './platform/http/tls.ts'
import { runJobs } from './platform/jobs/run-jobs.ts'
import type { Log } from './platform/telemetry/log.ts'

const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version

/** The listeners of one instance. */
export type Serving = { readonly port: number; readonly adminPort: number | null; stop(): Promise<void> }

/** @throws Error where the address can be reached from other machines and nothing protects what is sent there. */
export function refuseBareListen(listen: string, tls: string): void {
  const { host } = hostAndPort(listen)
  if (tls === 'off' && !isLoopback(host))
    throw new Error(
      `CUSTODIA_LISTEN is ${listen}, which other machines can reach, and CUSTODIA_TLS is off: passwords and cookies would travel in the clear. Set CUSTODIA_TLS=files with CUSTODIA_TLS_CERTIFICATE_FILE and CUSTODIA_TLS_KEY_FILE, or CUSTODIA_TLS=development to try it out, or listen on 127.0.0.1.`,
    )
}

/** Opens the listeners: requests, and figures for operators. */
export async function serve(instance: Instance, log: Log): Promise<Serving> {
  const { settings, app, metrics, publicUrl } = instance
  let draining = false
  const documented = [{ name: 'system', routes: [], errors: {} }, ...app.documented]
  const checks = [
    { name: 'database', check: () => instance.database.ping() },
    {
      name: 'bus',
      check: async () => {
        if (!instance.bus.healthy()) throw new Error('not healthy')
      },
    },
  ]
  const system = systemRoutes(
    checks,
    () => draining,
    () => document,
    errorTables,
  )
  const document = openApiDocument(
    [{ name: 'system', routes: system, errors: {} }, ...documented.slice(1)],
    version,
    publicUrl,
    settings.apiVersions,
  )
  const routes = [...system, ...app.documented.flatMap((module) => module.routes)]
  const unknown = unknownVersions(settings.apiVersions, routes)
  if (unknown.length > 0) throw new Error(`CUSTODIA_API_VERSIONS names ${unknown.join(', ')}, which no route has.`)
  const pagesFolder = fileURLToPath(new URL('../console/dist', import.meta.url))

  const server = await createHttpServer({
    routes,
    services: {
      clock: systemClock,
      limits: app.limiter?.(settings.limits) ?? new AddressLimits(systemClock, settings.limits),
      authenticators: app.authenticators,
      authorizer: app.authorizer,
      ownOrigins: new Set([publicUrl]),
      sensitiveMaxAgeSeconds: settings.sensitiveMaxAgeSeconds,
      freshSeconds: app.freshSeconds,
      onDenied: app.onDenied,
    },
    ownHosts: new Set([new URL(publicUrl).hostname, ...loopbackHosts]),
    hostHandlers: app.hostHandlers,
    pages: existsSync(join(pagesFolder, 'index.html')) ? loadPages(pagesFolder) : null,
    tls: await tlsMaterial(instance, log),
    log,
    metrics,
    trustedProxies: settings.trustedProxies,
    requestTimeoutSeconds: settings.requestTimeoutSeconds,
    bodyLimitBytes: settings.bodyLimitBytes,
    apiVersions: settings.apiVersions,
  })
  const stopJobs = await runJobs({ jobs: app.jobs, database: instance.database, log, metrics })
  const { host, port } = hostAndPort(settings.listen)
  const bound = await server.listen(host, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE')
      throw new Error(
        `${settings.listen} is in use by another program. Choose another port with CUSTODIA_LISTEN=${host}:PORT.`,
      )
    throw error
  })
  const admin = settings.adminListen === 'off' ? null : await listenAdmin(settings.adminListen, metrics, log)
  return {
    port: bound,
    adminPort: admin === null ? null : (admin.address() as { port: number }).port,
    async stop() {
      draining = true
      await server.drain(settings.shutdownGraceSeconds)
      await stopJobs()
      admin?.closeAllConnections()
      admin?.close()
    },
  }
}

async function tlsMaterial({ settings, publicUrl, app }: Instance, log: Log): Promise<TlsMaterial | null> {
  if (settings.tls === 'off') return null
  if (settings.tls === 'files')
    return {
      certificate: readFileSync(settings.tlsCertificateFile as string, 'utf8'),
      key: readFileSync(settings.tlsKeyFile as string, 'utf8'),
    }
  // Each by its name: no client takes `*.localhost` for one, since nothing may stand for what is registered under a top level.
  const applications = app.hostHandlers.flatMap(({ hosts }) => hosts)
  const hosts = [...new Set([new URL(publicUrl).hostname, ...applications, 'localhost', '127.0.0.1', '::1'])]
  const { authorityFile, ...material } = await developmentCertificate(
    join(dataFolderOf(settings), 'tls'),
    hosts,
    systemClock,
  )
  log.info(
    { authorityFile },
    'a development certificate is in use; trust its authority in your browser to see no warning',
  )
  return material
}

/** Figures for Prometheus, on an address of their own. */
async function listenAdmin(listen: string, metrics: Instance['metrics'], log: Log): Promise<Server | null> {
  const { host, port } = hostAndPort(listen)
  const server = createServer((request, response) => {
    // A page in this machine's own browser could have its name resolved to loopback (DNS rebinding), and would read on as its own site.
    const foreign = isLoopback(host) && !loopbackHosts.has(hostName(request.headers.host) ?? '')
    if (foreign || request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(foreign ? 421 : 404).end()
      return
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' }).end(text),
      (error) => {
        log.error({ error }, 'the figures could not be read')
        response.writeHead(500).end()
      },
    )
  })
  server.requestTimeout = 5_000
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `${listen} is in use by another program. Choose another address with CUSTODIA_ADMIN_LISTEN, or off.`,
            )
          : error,
      ),
    )
    server.listen(port, host, () => resolve(server))
  })
}
