import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { systemClock } from '../clock.ts'
import { developmentCertificate } from '../http/development-authority.ts'

/** A real HTTPS server on this machine whose authority this process trusts until it is closed. */
export async function secureServer(
  answer: RequestListener,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'custodia-outbound-'))
  const { certificate, key, authorityFile } = await developmentCertificate(folder, ['localhost'], systemClock)
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, readFileSync(authorityFile, 'utf8')])
  const server = createServer({ cert: certificate, key }, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      setDefaultCACertificates(before)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true })
    },
  }
}
