import { existsSync, readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultShedding } from '@custodia/edge/overload/shedding.ts'
import { errorTables } from './app.ts'
import type { Instance } from './instance.ts'
import { dataFolderOf } from './instance.ts'
import { systemClock } from './platform/clock.ts'
import { hostAndPort } from './platform/config/addresses.ts'
import { unknownVersions } from './platform/http/api-versions.ts'
import { hostName, isLoopback, loopbackHosts } from './platform/http/hosts.ts'
import { AddressLimits } from './platform/http/limits.ts'
import { openApiDocument } from './platform/http/openapi.ts'
import { Load } from './platform/http/overload/load.ts'
import { shedHosts } from './platform/http/overload/shed-hosts.ts'
import { loadPages } from './platform/http/pages.ts'
import { createHttpServer } from './platform/http/server.ts'
import { systemRoutes } from './platform/http/system-routes.ts'
import type { CertificateSource } from './platform/http/transport/certificate.ts'
import { watchCertificate } from './platform/http/transport/certificate.ts'
import type { ClientAuthorities, FilesOfHost } from './platform/http/transport/client-authorities.ts'
import { watchClientAuthorities } from './platform/http/transport/client-authorities.ts'
import { othersCanRead, readPem } from './platform/http/transport/pem.ts'
import { createRedirect } from './platform/http/transport/redirect.ts'
import { runJobs } from './platform/jobs/run-jobs.ts'
import type { Log } from './platform/telemetry/log.ts'

const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version

/** The listeners of one instance. */
export type Serving = {
  readonly port: number
  readonly adminPort: number | null
  readonly redirectPort: number | null
  stop(): Promise<void>
}

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
  const pages = existsSync(join(pagesFolder, 'index.html'))
    ? loadPages(pagesFolder, { secure: publicUrl.startsWith('https:') })
    : null
  if (pages === null) log.warn({}, 'there are no pages, so nobody can sign in: make them with `npx vite build console`')

  const certificate =
    settings.tls === 'off'
      ? null
      : await watchCertificate(certificateSource(instance, log), { clock: systemClock, log, metrics })
  const clients = await clientAuthorities(instance, log)
  const { shedFromMs } = settings
  const load = new Load(metrics, log, { ...defaultShedding, busyMs: shedFromMs, calmMs: shedFromMs / 3 })
  const server = await createHttpServer({
    routes,
    services: {
      clock: systemClock,
      limits: app.limiter ?? new AddressLimits(systemClock),
      load,
      authenticators: app.authenticators,
      authorizer: app.authorizer,
      ownOrigins: new Set([publicUrl]),
      sensitiveMaxAgeSeconds: settings.sensitiveMaxAgeSeconds,
      freshSeconds: app.freshSeconds,
      onDenied: app.onDenied,
    },
    ownHosts: new Set([new URL(publicUrl).hostname, ...loopbackHosts]),
    hostHandlers: app.hostHandlers.map((handler) => shedHosts(handler, load, publicUrl)),
    pages,
    tls: certificate?.material ?? null,
    demands: clients.demands,
    overload: settings,
    log,
    metrics,
    trustedProxies: settings.trustedProxies,
    requestTimeoutSeconds: settings.requestTimeoutSeconds,
    bodyLimitBytes: settings.bodyLimitBytes,
    apiVersions: settings.apiVersions,
  })
  certificate?.follow((material) => server.present(material))
  clients.follow((demand) => server.demand(demand))
  const lookAgain = () => {
    void certificate?.look()
    void clients.look()
    for (const handler of app.hostHandlers) void handler.look?.()
  }
  process.on('SIGHUP', lookAgain)
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
  const redirect = settings.redirectListen === 'off' ? null : await listenRedirect(instance)
  return {
    port: bound,
    redirectPort: redirect === null ? null : (redirect.address() as { port: number }).port,
    adminPort: admin === null ? null : (admin.address() as { port: number }).port,
    async stop() {
      draining = true
      process.off('SIGHUP', lookAgain)
      certificate?.stop()
      clients.stop()
      load.close()
      redirect?.closeAllConnections()
      redirect?.close()
      await server.drain(settings.shutdownGraceSeconds)
      await stopJobs()
      admin?.closeAllConnections()
      admin?.close()
    },
  }
}

/** Files are looked at every ten seconds, and at SIGHUP; what is made here is made anew two weeks before it runs out. */
function certificateSource({ settings, publicUrl, app }: Instance, log: Log): CertificateSource {
  let said = false
  if (settings.tls === 'files')
    return {
      everySeconds: 10,
      async read() {
        const keyFile = settings.tlsKeyFile as string
        const { text: key, readableByOthers } = readPem(keyFile)
        if (readableByOthers && !said) log.warn({ keyFile }, othersCanRead)
        said ||= readableByOthers
        return { certificate: readPem(settings.tlsCertificateFile as string).text, key }
      },
    }
  // Each by its name: no client takes `*.localhost` for one, since nothing may stand for what is registered under a top level.
  const applications = app.hostHandlers.flatMap(({ hosts }) => hosts)
  const hosts = [...new Set([new URL(publicUrl).hostname, ...applications, 'localhost', '127.0.0.1', '::1'])]
  return {
    everySeconds: 21_600,
    async read() {
      const { developmentCertificate } = await import('./platform/http/development-authority.ts')
      const { authorityFile, ...material } = await developmentCertificate(
        join(dataFolderOf(settings), 'tls'),
        hosts,
        systemClock,
      )
      if (!said)
        log.info(
          { authorityFile },
          'a development certificate is in use; trust its authority in your browser to see no warning',
        )
      said = true
      return material
    },
  }
}

/** Whose certificates of clients are believed: at the whole listener, and at hosts that say so. */
async function clientAuthorities({ settings, app, metrics }: Instance, log: Log): Promise<ClientAuthorities> {
  const { tls, tlsClientCertificates: asked, tlsClientCaFile: caFile, tlsClientCrlFile: crlFile } = settings
  const all: FilesOfHost[] =
    asked === 'off' || caFile === null
      ? []
      : [{ host: null, files: { caFile, crlFile, required: asked === 'required' } }]
  const hosts = app.hostHandlers.flatMap((handler) => handler.clientCertificates ?? [])
  const [first] = hosts
  if (tls === 'off' && first !== undefined)
    throw new Error(
      `${first.host} takes certificates of clients, and CUSTODIA_TLS is off: nobody could show one. Set CUSTODIA_TLS=files or development, or remove clientCertificates of its application.`,
    )
  return await watchClientAuthorities([...all, ...hosts], { log, metrics })
}

/** Plain HTTP, which leads to https and nowhere else. */
async function listenRedirect({ settings, publicUrl, app }: Instance): Promise<Server> {
  const own = new URL(publicUrl)
  const applications = new Set(app.hostHandlers.flatMap(({ hosts }) => hosts))
  const server = createRedirect({
    maxConnections: settings.maxConnections,
    originFor(host) {
      if (host !== own.hostname && !applications.has(host)) return null
      const url = new URL(own)
      url.hostname = host
      return url.origin
    },
  })
  return await listening(server, settings.redirectListen, 'CUSTODIA_REDIRECT_LISTEN')
}

/** Figures for Prometheus, on an address of their own. */
async function listenAdmin(listen: string, metrics: Instance['metrics'], log: Log): Promise<Server | null> {
  const { host } = hostAndPort(listen)
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
  return await listening(server, listen, 'CUSTODIA_ADMIN_LISTEN')
}

function listening(server: Server, address: string, key: string): Promise<Server> {
  const { host, port } = hostAndPort(address)
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`${address} is in use by another program. Choose another address with ${key}, or off.`)
          : error,
      ),
    )
    server.listen(port, host, () => resolve(server))
  })
}
