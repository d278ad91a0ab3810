import type { MediaTable } from './openapi/media.ts'
import { essence, plainTable } from './openapi/media.ts'
import type { BodyPlan, InputHead } from './openapi/operation.ts'
import { bodyPlan } from './openapi/operation.ts'

const typePattern = /^[a-z]+\/(?:\*|[a-z0-9.+_-]{1,100})$/

/**
 * What becomes of bodies of which no document speaks: JSON is held to the strict form and nothing else, other media types that are named
 * are passed on unread, and all others refused. A parser that takes JSON whatever it is called would find it unread otherwise.
 *
 * @param takes media types, as in `application/json`, `multipart/form-data` or `image/*`.
 * @throws TypeError for what is none.
 */
export function plainBodies(takes: readonly string[]): (headers: InputHead['headers']) => BodyPlan {
  const names = takes.map(essence)
  for (const name of names) if (!typePattern.test(name)) throw new TypeError(`${name} is no media type`)
  const table: MediaTable = plainTable(names)
  return (headers) => bodyPlan(table, false, headers)
}
