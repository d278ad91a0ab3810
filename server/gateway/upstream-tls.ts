import { isIP } from 'node:net'
import { hostName } from '../platform/http/hosts.ts'

/** How an application's upstream of https proves itself, and the gateway to it. */
export type UpstreamTls = {
  /** PEM of the only authorities that are believed; those that Node knows where it is null. */
  readonly caFile: string | null
  /** What the gateway proves itself with, and its key, in PEM; null where with nothing. */
  readonly pair: { readonly certificateFile: string; readonly keyFile: string } | null
  /** The name that the upstream's certificate has to have; the host of the upstream's address where it is null. */
  readonly serverName: string | null
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

const known = new Set(['caFile', 'certificateFile', 'keyFile', 'serverName', 'minVersion'])
const nothingSaid: UpstreamTls = { caFile: null, pair: null, serverName: null, minVersion: 'TLSv1.3' }

/**
 * @param upstream the origin of the application, as in `https://10.0.0.7:8443`.
 * @returns null where the upstream is not https.
 * @throws Error in words, for the configuration.
 */
export function checkUpstreamTls(value: unknown, upstream: string, where: string): UpstreamTls | null {
  const tls = upstream.startsWith('https:')
  if (value === undefined) return tls ? nothingSaid : null
  if (!tls) throw new Error(`${where} has no effect: the upstream is not https`)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`)
  for (const name of Object.keys(value)) if (!known.has(name)) throw new Error(`${where}.${name} is not known`)
  const {
    caFile,
    certificateFile,
    keyFile,
    serverName = null,
    minVersion = 'TLSv1.3',
  } = value as Partial<Record<string, unknown>>
  if ((certificateFile === undefined) !== (keyFile === undefined))
    throw new Error(`${where} needs certificateFile and keyFile together`)
  if (serverName !== null && !isName(serverName))
    throw new Error(`${where}.serverName is not a host name in lower case, without port`)
  if (minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3')
    throw new Error(`${where}.minVersion is not one of TLSv1.2, TLSv1.3`)
  return {
    caFile: caFile === undefined ? null : filePath(caFile, `${where}.caFile`),
    pair:
      certificateFile === undefined
        ? null
        : {
            certificateFile: filePath(certificateFile, `${where}.certificateFile`),
            keyFile: filePath(keyFile, `${where}.keyFile`),
          },
    serverName,
    minVersion,
  }
}

/** @throws Error in words. */
export function filePath(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 1_000)
    throw new Error(`${where} is not a path of a file`)
  return value
}

// Server names are names: an address is verified without one (RFC 6066 §3).
const isName = (value: unknown): value is string =>
  typeof value === 'string' && hostName(value) === value && isIP(value) === 0 && !value.startsWith('[')
