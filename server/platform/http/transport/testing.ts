import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { developmentCertificate } from '../development-authority.ts'
import type { TlsMaterial } from '../tls.ts'

/** A certificate of an authority of its own, for tests. */
export async function newCertificate(
  hosts: readonly string[],
  clock: Clock,
): Promise<TlsMaterial & { readonly authority: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'custodia-tls-'))
  try {
    const { authorityFile, ...material } = await developmentCertificate(folder, hosts, clock)
    return { ...material, authority: readFileSync(authorityFile, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
