import { defaultShedding } from '@custodia/edge/overload/shedding.ts'
import type { ApiVersions } from '../http/api-versions.ts'
import { checkApiVersions } from '../http/api-versions.ts'
import { defaultOverload } from '../http/overload/figures.ts'
import { addressRange, hostAndPort, urlOf, webOrigin } from './addresses.ts'
import type { Problem } from './configuration-error.ts'
import type { Settings } from './setting.ts'
import { setting } from './setting.ts'

const address = (text: string): string => {
  hostAndPort(text)
  return text
}

/** What the platform itself can be told; modules have tables of their own. */
export const platformSettings = {
  listen: setting.checkedText({
    description: 'Where requests are taken. Beyond loopback only behind TLS.',
    shape: 'host:port, an IPv6 host in brackets; port 0 takes a free one',
    example: '0.0.0.0:8443',
    default: '127.0.0.1:8080',
    check: address,
  }),
  adminListen: setting.checkedText({
    description: 'Where figures and health are shown to operators, without sign-in: keep it private.',
    shape: 'host:port, or off',
    example: '127.0.0.1:9464',
    default: '127.0.0.1:9464',
    check: (text) => (text === 'off' ? text : address(text)),
  }),
  publicUrl: setting.optionalCheckedText({
    description: 'The address that people type. By default custodia.localhost with the port of `listen`.',
    shape: 'https:// or http://, a host and maybe a port',
    example: 'https://id.example.org',
    check: webOrigin,
  }),
  data: setting.text({
    description: 'The folder of this instance: embedded database, development certificates, files of the root key.',
    shape: 'a path of 1 to 4096 characters',
    pattern: /^[^\0]{1,4096}$/,
    example: '/var/lib/custodia',
    default: './data',
  }),
  databaseUrl: setting.optionalCheckedText({
    description: 'The PostgreSQL to use. By default one is started inside the data folder.',
    shape: 'a URL that begins with postgres:// or postgresql://',
    example: 'postgres://custodia@db.internal/custodia?sslmode=verify-full',
    secret: true,
    check: urlOf('postgres:', 'postgresql:'),
  }),
  databaseMigrationUrl: setting.optionalCheckedText({
    description:
      'The same database as a role that owns the schemas, for migrations. By default `databaseUrl` serves for both.',
    shape: 'a URL that begins with postgres:// or postgresql://',
    example: 'postgres://custodia_owner@db.internal/custodia?sslmode=verify-full',
    secret: true,
    check: urlOf('postgres:', 'postgresql:'),
  }),
  redisUrl: setting.optionalCheckedText({
    description: 'The Redis or Valkey through which several processes share counters. By default each keeps its own.',
    shape: 'a URL that begins with redis:// or rediss://',
    example: 'rediss://cache.internal:6379',
    secret: true,
    check: urlOf('redis:', 'rediss:'),
  }),
  tls: setting.oneOf({
    description: 'How the listener proves itself: not at all, by an authority of its own for development, or by files.',
    values: ['off', 'development', 'files'],
    example: 'files',
    default: 'off',
  }),
  tlsCertificateFile: setting.optionalText({
    description: 'The certificate and its chain in PEM, where `tls` is files.',
    shape: 'a path',
    example: '/etc/custodia/server.pem',
  }),
  tlsKeyFile: setting.optionalText({
    description: 'The private key of the certificate in PEM, where `tls` is files.',
    shape: 'a path',
    example: '/etc/custodia/server.key',
  }),
  tlsClientCertificates: setting.oneOf({
    description:
      'Whether clients of the whole listener prove themselves with a certificate: nobody is asked, everybody is asked, or nobody gets in without. An application may say otherwise for its host.',
    values: ['off', 'optional', 'required'],
    example: 'required',
    default: 'off',
  }),
  tlsClientCaFile: setting.optionalText({
    description:
      'The authorities in PEM whose certificates of clients are believed, where `tlsClientCertificates` is not off.',
    shape: 'a path',
    example: '/etc/custodia/clients.pem',
  }),
  tlsClientCrlFile: setting.optionalText({
    description: 'What these authorities have revoked, in PEM: one list of each. By default nobody looks.',
    shape: 'a path',
    example: '/etc/custodia/clients.crl',
  }),
  redirectListen: setting.checkedText({
    description: 'Where plain HTTP is sent on to https, where `tls` is not off: GET and HEAD alone.',
    shape: 'host:port, or off',
    example: '0.0.0.0:80',
    default: 'off',
    check: (text) => (text === 'off' ? text : address(text)),
  }),
  maxConnections: setting.number({
    description: 'How many connections may be open, all together.',
    min: 10,
    max: 1_000_000,
    unit: 'connections',
    example: '50000',
    default: defaultOverload.maxConnections,
  }),
  maxConnectionsPerAddress: setting.number({
    description:
      'How many of them may come from one IPv4 address, or one /64 of IPv6. Trusted proxies are not bounded.',
    min: 4,
    max: 1_000_000,
    unit: 'connections',
    example: '2048',
    default: defaultOverload.maxConnectionsPerAddress,
  }),
  leastBytesPerSecond: setting.number({
    description: 'The least rate at which a client has to send a body and take an answer.',
    min: 1,
    max: 1_048_576,
    unit: 'bytes a second',
    example: '256',
    default: defaultOverload.leastBytesPerSecond,
  }),
  slowClientSeconds: setting.number({
    description: 'How long a client may do nothing in the middle of a body or an answer, and before its rate counts.',
    min: 1,
    max: 600,
    unit: 'seconds',
    example: '60',
    default: defaultOverload.slowClientSeconds,
  }),
  shedFromMs: setting.number({
    description:
      'From what delay of its own event loop on this process refuses requests: expensive ones first, then writes, then reads, one class more every half second. It takes them again below a third of it.',
    min: 30,
    max: 60_000,
    unit: 'milliseconds',
    example: '300',
    default: defaultShedding.busyMs,
  }),
  trustedProxies: setting.texts({
    description: 'Proxies whose X-Forwarded-For tells the address of a client.',
    shape: 'up to 64 addresses or ranges: a list, or separated by commas',
    example: '10.0.0.0/8, 2001:db8::/32',
    default: [],
    max: 64,
    check: addressRange,
  }),
  apiVersions: setting.structure<ApiVersions>({
    description:
      'Versions of the HTTP API that are on their way out, or closed at once: whoever calls a closed one is told so and nothing else.',
    shape: 'a mapping of version to { deprecated, sunset, closed, reason }; days as 2026-11-01',
    example: '{ "v1": { "deprecated": "2026-11-01", "sunset": "2027-05-01" } }',
    default: {},
    check: checkApiVersions,
  }),
  logLevel: setting.oneOf({
    description: 'The least important lines that are still logged.',
    values: ['debug', 'info', 'warn', 'error'],
    example: 'warn',
    default: 'info',
  }),
  sensitiveMaxAgeSeconds: setting.number({
    description: 'How long after proving who they are a person may do what is sensitive without proving it again.',
    min: 60,
    max: 86_400,
    unit: 'seconds',
    example: '600',
    default: 600,
  }),
  requestTimeoutSeconds: setting.number({
    description: 'How long one request may take, from its first byte to the reply.',
    min: 1,
    max: 300,
    unit: 'seconds',
    example: '30',
    default: 30,
  }),
  bodyLimitBytes: setting.number({
    description: 'How large the body of a request may be, where its route does not say otherwise.',
    min: 1_024,
    max: 1_048_576,
    unit: 'bytes',
    example: '65536',
    default: 65_536,
  }),
  shutdownGraceSeconds: setting.number({
    description: 'How long requests in flight may go on after the server was told to stop.',
    min: 0,
    max: 300,
    unit: 'seconds',
    example: '10',
    default: 10,
  }),
} as const

export type PlatformSettings = Settings<typeof platformSettings>

/**
 * The address that people type: what was set, or `custodia.localhost`, which every browser sends to its own machine
 * (RFC 6761 §6.3) and takes for a secure context.
 *
 * @param port the one that was bound, where `listen` asked for any.
 */
export function publicUrlOf(settings: PlatformSettings, port = hostAndPort(settings.listen).port): string {
  if (settings.publicUrl !== null) return settings.publicUrl
  return new URL(`${settings.tls === 'off' ? 'http' : 'https'}://custodia.localhost:${port}`).origin
}

/** For `readConfiguration`: files are needed for TLS from files, and nothing else uses them. */
export function platformContradictions(settings: PlatformSettings): readonly Problem[] {
  const files = {
    CUSTODIA_TLS_CERTIFICATE_FILE: settings.tlsCertificateFile,
    CUSTODIA_TLS_KEY_FILE: settings.tlsKeyFile,
  }
  const wanted = settings.tls === 'files'
  const bare: Problem[] =
    settings.tls === 'off' && settings.redirectListen !== 'off'
      ? [{ key: 'CUSTODIA_REDIRECT_LISTEN', reason: 'there is no https to send anybody to while CUSTODIA_TLS is off' }]
      : []
  const wrong = Object.entries(files)
    .filter(([, path]) => (path !== null) !== wanted)
    .map(([key]) => ({
      key,
      reason: wanted ? 'it is needed where CUSTODIA_TLS is files' : 'it has no effect unless CUSTODIA_TLS is files',
    }))
  return [...wrong, ...bare, ...clientContradictions(settings)]
}

function clientContradictions(settings: PlatformSettings): readonly Problem[] {
  const { tls, tlsClientCertificates, tlsClientCaFile, tlsClientCrlFile } = settings
  const off = tlsClientCertificates === 'off'
  const files = { CUSTODIA_TLS_CLIENT_CA_FILE: tlsClientCaFile, CUSTODIA_TLS_CLIENT_CRL_FILE: tlsClientCrlFile }
  if (off)
    return Object.entries(files)
      .filter(([, path]) => path !== null)
      .map(([key]) => ({ key, reason: 'it has no effect while CUSTODIA_TLS_CLIENT_CERTIFICATES is off' }))
  return [
    ...(tls === 'off'
      ? [{ key: 'CUSTODIA_TLS_CLIENT_CERTIFICATES', reason: 'nobody can show a certificate while CUSTODIA_TLS is off' }]
      : []),
    ...(tlsClientCaFile === null
      ? [
          {
            key: 'CUSTODIA_TLS_CLIENT_CA_FILE',
            reason: 'it is needed where clients prove themselves with certificates',
          },
        ]
      : []),
  ]
}

/** Names in the environment that belong to others: tests, the demonstration, and the path of the file itself. */
export const foreignKeys = ['CUSTODIA_TEST_*', 'CUSTODIA_DEMO_*', 'CUSTODIA_CONFIG'] as const
