import type { Pace } from './score.ts'

/** Where a network is, as far as a database of networks says: whole degrees, or the country alone. */
export type Spot = {
  readonly country: string | null
  readonly latitude: number | null
  readonly longitude: number | null
}

const earthKm = 6_371
const flightKmh = 150
const impossibleKmh = 1_000
/** Databases are off by a city, and mobile networks by a region. */
const noiseKm = 300
/** Where two countries are known and their places are not. */
const otherCountryKm = 1_000

/** @returns how fast one got from one place to the other; null where nobody can tell. */
export function paceOf(from: Spot, to: Spot, hours: number): Pace | null {
  const km = distanceKm(from, to)
  if (km === null) return null
  if (km <= noiseKm) return 'near'
  const kmh = km / Math.max(hours, 0.25)
  return kmh < flightKmh ? 'near' : kmh < impossibleKmh ? 'flight' : 'impossible'
}

function distanceKm(from: Spot, to: Spot): number | null {
  if (from.latitude !== null && from.longitude !== null && to.latitude !== null && to.longitude !== null)
    return greatCircleKm(from.latitude, from.longitude, to.latitude, to.longitude)
  if (from.country === null || to.country === null) return null
  return from.country === to.country ? 0 : otherCountryKm
}

/** The haversine formula. */
function greatCircleKm(latitude1: number, longitude1: number, latitude2: number, longitude2: number): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180
  const half = (degrees: number) => Math.sin(radians(degrees) / 2) ** 2
  const a =
    half(latitude2 - latitude1) +
    Math.cos(radians(latitude1)) * Math.cos(radians(latitude2)) * half(longitude2 - longitude1)
  return 2 * earthKm * Math.asin(Math.min(1, Math.sqrt(a)))
}
