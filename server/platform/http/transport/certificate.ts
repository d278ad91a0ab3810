import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { TlsMaterial } from '../tls.ts'
import { watchFiles } from './watch-files.ts'

/** Where the certificate comes from, and how often to look whether there is another. */
export type CertificateSource = {
  /** Rejects where there is none to be read. */
  read(): Promise<TlsMaterial>
  readonly everySeconds: number
}

export type Certificate = {
  /** What the listener proves itself with at the start. */
  readonly material: TlsMaterial
  /** Looks now. @returns whether another one is in use. */
  look(): Promise<boolean>
  /** `present` is called with each later one: handshakes from then on see it, connections that stand go on. */
  follow(present: (material: TlsMaterial) => void): void
  stop(): void
}

type Needs = { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics }

const dayMs = 86_400_000

/**
 * Reads the certificate, and another one as soon as there is one, without a restart. A pair of files is replaced in two steps: until key
 * and certificate belong together, and while what is there can't be read or has run out, the one in use stays, and the log says so once.
 *
 * @throws Error where the first one is not usable.
 */
export async function watchCertificate(
  source: CertificateSource,
  { clock, log, metrics }: Needs,
): Promise<Certificate> {
  let presenting: ((material: TlsMaterial) => void) | null = null
  const failures = metrics.counter(
    'custodia_tls_certificate_refused_total',
    'Certificates that were found in place of the one in use, and could not be used.',
  )
  const watched = await watchFiles({
    everySeconds: source.everySeconds,
    read: () => source.read(),
    use: (material: TlsMaterial) => ({ material, notAfterMs: checkMaterial(material, clock) }),
    changed({ material, notAfterMs }) {
      presenting?.(material)
      log.info({ notAfter: new Date(notAfterMs).toISOString() }, 'another certificate is in use')
    },
    refused(reason) {
      failures.add()
      log.warn({ reason }, 'a certificate that was found can not be used; the old one stays')
    },
  })
  metrics.gauge('custodia_tls_certificate_days_left', 'Days until the certificate in use runs out.', () =>
    Math.floor((watched.current().notAfterMs - clock.nowMs()) / dayMs),
  )
  return {
    material: watched.current().material,
    look: watched.look,
    follow(present) {
      presenting = present
    },
    stop: watched.stop,
  }
}

/** @returns when it runs out. @throws Error in words, which hold nothing of the key. */
export function checkMaterial({ certificate, key }: TlsMaterial, clock: Clock): number {
  const leaf = parsed(() => new X509Certificate(certificate), 'the certificate is not one in PEM')
  const own = parsed(() => createPrivateKey(key), 'the key is not a private key in PEM')
  if (!leaf.checkPrivateKey(own)) throw new Error('key and certificate do not belong together')
  const notAfterMs = leaf.validToDate.getTime()
  if (notAfterMs <= clock.nowMs()) throw new Error('the certificate has run out')
  return notAfterMs
}

function parsed<T>(parse: () => T, otherwise: string): T {
  try {
    return parse()
  } catch {
    throw new Error(otherwise)
  }
}
