import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { Reader } from 'mmdb-lib'
import type { Spot } from './travel.ts'

/** What the databases say of one address. */
export type Found = Spot & { readonly asn: number | null }

export type Places = { find(address: string): Found }

const nowhere: Found = { country: null, latitude: null, longitude: null, asn: null }
const maxBytes = 512 * 1_048_576

/**
 * Databases in MaxMind's format (MMDB 2.0), held in memory. Those of cities carry coordinates, too.
 *
 * @throws Error in words where a file is named and can't be read: the start ends there.
 */
export function openPlaces(files: { readonly country: string | null; readonly asn: string | null }): Places {
  const countries = openFile(files.country)
  const networks = openFile(files.asn)
  return {
    find(address) {
      const place = look(countries, address)
      const owner = look(networks, address)
      const at = record(place.location)
      return {
        country: codeOf(record(place.country).iso_code ?? place.country_code),
        latitude: degrees(at.latitude, 90),
        longitude: degrees(at.longitude, 180),
        asn: numberOf(owner.autonomous_system_number),
      }
    },
  }
}

/** No database: every feature that needs one is left out. */
export const noPlaces: Places = { find: () => nowhere }

type Records = Readonly<Record<string, unknown>>

function openFile(path: string | null): Reader<never> | null {
  if (path === null) return null
  try {
    if (statSync(path).size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
    return new Reader<never>(readFileSync(path))
  } catch (error) {
    throw new Error(`the database of networks ${path} can't be read: ${(error as Error).message}`)
  }
}

/** A file that is broken in one place says nothing there, and keeps nobody from signing in. */
function look(reader: Reader<never> | null, address: string): Records {
  try {
    const plain = address.split('%')[0] as string
    return isIP(plain) === 0 ? {} : record(reader?.get(plain))
  } catch {
    return {}
  }
}

const record = (value: unknown): Records => (typeof value === 'object' && value !== null ? (value as Records) : {})

const codeOf = (value: unknown): string | null => (typeof value === 'string' && /^[A-Z]{2}$/.test(value) ? value : null)

const numberOf = (value: unknown): number | null =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 32 ? (value as number) : null

/** Whole degrees, about a region: nothing finer is kept. */
const degrees = (value: unknown, most: number): number | null =>
  typeof value === 'number' && Math.abs(value) <= most ? Math.round(value) : null
