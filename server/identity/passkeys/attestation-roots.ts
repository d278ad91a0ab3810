import { X509Certificate } from 'node:crypto'
import { readTextFile } from '../../platform/config/read-text-file.ts'
import { setting } from '../../platform/config/setting.ts'

export const attestationSettings = {
  attestationRootsFile: setting.optionalText({
    description:
      'File of PEM certificates: makers of authenticators whose attestation counts as proven. An organisation that demands attested authenticators needs those of its models here.',
    shape: 'the path of a file',
    example: '/etc/custodia/authenticator-makers.pem',
  }),
}

const mostBytes = 1_048_576

/** @throws Error, which stops the start, where the file can't be read or holds something else than certificates. */
export function readAttestationRoots(file: string | null): readonly X509Certificate[] {
  if (file === null) return []
  try {
    const blocks = readTextFile(file, mostBytes).text.match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
    )
    if (blocks === null) throw new Error('there is no certificate in it')
    return blocks.map((pem) => new X509Certificate(pem))
  } catch (error) {
    throw new Error(`CUSTODIA_IDENTITY_ATTESTATION_ROOTS_FILE ${file}: ${(error as Error).message}`)
  }
}
