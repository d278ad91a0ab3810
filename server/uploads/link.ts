import type { KeyObject } from 'node:crypto'
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { DownloadLink } from '@custodia/wire/http/uploads.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import { about } from './receive.ts'
import { findThere } from './show.ts'

/**
 * Makes a link that loads one file for a short time, whoever has it.
 *
 * @throws Refusal UPLOAD_LINKS_OFF, UPLOAD_UNKNOWN, UPLOAD_NOT_THERE.
 */
export async function makeLink(parts: Parts, principal: Principal, id: string): Promise<DownloadLink> {
  const { clock, config, database, recorder } = parts.context
  if (parts.links === null) throw refuse('UPLOAD_LINKS_OFF')
  const { origin, host, key } = parts.links
  const row = await findThere(parts, principal, id)
  const untilSeconds = Math.floor(clock.nowMs() / 1_000) + config.linkSeconds
  const expiresAt = new Date(untilSeconds * 1_000).toISOString()
  await database.transaction((tx) =>
    recorder.record(
      tx,
      event('link.made', { ...about(row), actor: actorOf(principal), data: { upload: row.id, expiresAt } }),
    ),
  )
  const mac = macOf(key, host, row.id, untilSeconds).toString('base64url')
  return { url: `${origin}/${row.id}/${untilSeconds}/${mac}`, expiresAt }
}

const form = /^\/(upl_[a-z2-7]{26})\/(\d{10})\/([A-Za-z0-9_-]{43})$/

/**
 * Whose content a path asks for. Nothing is looked up for what was not signed here.
 *
 * @returns null where it does not hold, or not any more.
 */
export function readLink(links: { host: string; key: KeyObject }, path: string, nowMs: number): string | null {
  const [, id, until, mac] = form.exec(path) ?? []
  if (id === undefined || until === undefined || mac === undefined) return null
  const expected = macOf(links.key, links.host, id, Number(until))
  const given = Buffer.from(mac, 'base64url')
  // 43 characters carry two bits more than 32 bytes: only one spelling holds.
  const holds = given.length === expected.length && timingSafeEqual(given, expected)
  return holds && given.toString('base64url') === mac && Number(until) * 1_000 > nowMs ? id : null
}

const macOf = (key: KeyObject, host: string, id: string, untilSeconds: number): Buffer =>
  createHmac('sha256', key).update(`custodia upload link v1\n${host}\n${id}\n${untilSeconds}`).digest()
