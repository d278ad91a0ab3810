import { createSecureContext } from 'node:tls'
import type { Log } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { ClientCertificates } from '../tls.ts'
import type { Demand } from './doors.ts'
import { checkAuthorities, readPem } from './pem.ts'
import type { Watched } from './watch-files.ts'
import { watchFiles } from './watch-files.ts'

/** What clients of a host prove themselves with, as it is configured. */
export type ClientCertificateFiles = {
  /** PEM of the authorities that are believed. */
  readonly caFile: string
  /** PEM of the lists of what these have revoked, one of each; null where nobody looks. */
  readonly crlFile: string | null
  /** False where they may come without. */
  readonly required: boolean
}

/** `host` is null for all that say nothing of their own. */
export type FilesOfHost = { readonly host: string | null; readonly files: ClientCertificateFiles }

/** The files of all demands. */
export type ClientAuthorities = {
  readonly demands: readonly Demand[]
  /** Called with each demand whose files are others since. */
  follow(changed: (demand: Demand) => void): void
  look(): Promise<void>
  stop(): void
}

/**
 * Reads what clients prove themselves with, and again every ten seconds, without a restart.
 *
 * @throws Error where a file can't be read, or is not what it should be.
 */
export async function watchClientAuthorities(
  configured: readonly FilesOfHost[],
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): Promise<ClientAuthorities> {
  const refused = metrics.counter(
    'custodia_tls_client_authorities_refused_total',
    'Authorities or lists of revoked certificates that were found in place of those in use, and could not be used.',
  )
  let following: (demand: Demand) => void = () => {}
  const watched: Watched<ClientCertificates>[] = []
  const demands: Demand[] = []
  const stop = () => {
    for (const one of watched) one.stop()
  }
  try {
    for (const { host, files } of configured) {
      const one = await watchFiles({
        everySeconds: 10,
        read: async () => ({
          authorities: readPem(files.caFile).text,
          revoked: files.crlFile === null ? null : readPem(files.crlFile).text,
        }),
        use: (found) => checked({ ...found, required: files.required }, files),
        changed(certificates) {
          following({ host, certificates })
          log.info({ host }, 'other authorities of clients, or another list of revoked certificates, are in use')
        },
        refused(reason) {
          refused.add()
          log.warn({ host, reason }, 'authorities of clients that were found can not be used; the old ones stay')
        },
      })
      watched.push(one)
      demands.push({ host, certificates: one.current() })
    }
  } catch (error) {
    stop()
    throw error
  }
  return {
    demands,
    follow(changed) {
      following = changed
    },
    async look() {
      for (const one of watched) await one.look()
    },
    stop,
  }
}

function checked(certificates: ClientCertificates, files: ClientCertificateFiles): ClientCertificates {
  checkAuthorities(certificates.authorities, files.caFile)
  if (certificates.revoked !== null)
    try {
      createSecureContext({ crl: certificates.revoked })
    } catch {
      throw new Error(`${files.crlFile}: there is no list of revoked certificates in PEM`)
    }
  return certificates
}
