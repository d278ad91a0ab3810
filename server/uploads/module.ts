import { createSecretKey } from 'node:crypto'
import { parseClamdAddress, scanWithClamd } from '@custodia/edge/uploads/clamd.ts'
import type { KindName } from '@custodia/edge/uploads/kinds.ts'
import { lookApart, usualBounds } from '@custodia/edge/uploads/look-apart.ts'
import { usualPolicy } from '@custodia/edge/uploads/policy.ts'
import type { Keyring } from '../keyring/api.ts'
import type { HostHandler } from '../platform/http/ports.ts'
import type { Route } from '../platform/http/route.ts'
import type { Job } from '../platform/jobs/job.ts'
import type { Context, SubjectData } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { Uploads } from './api.ts'
import { config } from './config.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { examiner } from './examine.ts'
import { settling, sweep } from './jobs.ts'
import { organisationRoutes } from './organisation-routes.ts'
import type { Parts } from './parts.ts'
import { Quarantine } from './quarantine.ts'
import { routes } from './routes.ts'
import { serveFiles } from './serve-files.ts'
import { subjectData } from './subject-data.ts'

type Uses = { keyring: Keyring }

export type UploadsModule = Uploads & {
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  readonly subjectData: SubjectData
  readonly hostHandler: HostHandler
  stop(): Promise<void>
}

export const uploads = defineModule<UploadsModule, Uses, typeof config>({
  name: 'uploads',
  uses: ['keyring'],
  config,
  permissions: {
    'uploads:files:read': { summary: 'Load one’s own files.' },
    'uploads:files:write': { summary: 'Send files, and delete one’s own.' },
    'uploads:organisation:read': { summary: 'See which files the organisation has, and why some are held back.' },
    'uploads:organisation:write': {
      summary: 'Delete files of the organisation, and have those in quarantine scanned.',
    },
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createUploads,
  routes: (api) => api.routes,
  jobs: (api) => api.jobs,
  subjectData: (api) => api.subjectData,
  hostHandler: (api) => api.hostHandler,
  stop: (api) => api.stop(),
})

export async function createUploads(context: Context<typeof config>, { keyring }: Uses): Promise<UploadsModule> {
  const { config: settings, metrics } = context
  const policy = { ...usualPolicy, maxBytes: settings.maxBytes, kinds: settings.kinds as readonly KindName[] }
  const parts: Parts = {
    context,
    keyring,
    policy,
    look: (bytes, name, stop) => lookApart({ bytes, name, policy }, usualBounds, stop),
    scan: scannerOf(settings),
    links: await linksOf(context, keyring),
    outcomes: metrics.counter('custodia_uploads_total', 'Files by what became of them.', ['outcome']),
  }
  if (settings.scanner === 'off') context.log.warn({}, 'files are taken without a scan for malware')
  const quarantine = new Quarantine(parts)
  return {
    routes: [...routes(parts, quarantine), ...organisationRoutes(parts, quarantine)],
    jobs: [settling(quarantine), sweep(parts)],
    subjectData: subjectData(parts),
    hostHandler: serveFiles(parts),
    idle: () => quarantine.idle(),
    examine: examiner(parts),
    stop: () => quarantine.stop(),
  }
}

function scannerOf({ scanner, clamd, clamdTimeoutSeconds }: Context<typeof config>['config']): Parts['scan'] {
  if (scanner === 'off' || clamd === null) return null
  const address = parseClamdAddress(clamd)
  return (bytes) => scanWithClamd(bytes, address, clamdTimeoutSeconds)
}

/** @throws Error where files would be on the host of sessions. */
async function linksOf(
  { config: { host }, publicUrl }: Context<typeof config>,
  keyring: Keyring,
): Promise<Parts['links']> {
  if (host === null) return null
  const url = new URL(publicUrl)
  if (url.hostname === host)
    throw new Error(
      'CUSTODIA_UPLOADS_HOST is the host of the public URL: files need a host of their own, beside no session.',
    )
  url.hostname = host
  return { host, origin: url.origin, key: createSecretKey(await keyring.secret('upload-link')) }
}
