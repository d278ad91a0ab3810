import { createHmac } from 'node:crypto'
import { network } from '../../platform/http/limits.ts'
import type { TextMessage } from '../api.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { TextCount } from './count-store.ts'
import { countText } from './count-store.ts'

const hourMs = 3_600_000
const dayMs = 86_400_000

/**
 * Counts one text against everything that bounds it: its person, its number (also where several people have it), the network that asked
 * for it, and its organisation. Three quarters of each go to one kind at most: asking for codes crowds out no warning.
 *
 * Windows are whole hours and days of UTC. The count commits by itself: what is rolled back afterwards was counted all the same.
 *
 * @returns false where one of them is full; nothing is counted then.
 */
export async function spendText(parts: Parts, message: TextMessage): Promise<boolean> {
  const { maxTextsPerHour: perHour, maxTextsPerNetwork, maxTextsPerDay } = parts.context.config
  const { organisationId, subjectId, to, kind, askedFrom } = message
  const nowMs = nowOf(parts).getTime()
  const count = (scope: readonly string[], windowMs: number, most: number): TextCount => ({
    scope: createHmac('sha256', parts.textKey).update(JSON.stringify(scope)).digest(),
    start: new Date(nowMs - (nowMs % windowMs)),
    most,
  })
  const ofKind = (scope: readonly string[], windowMs: number, most: number) => [
    count(scope, windowMs, most),
    count([...scope, kind], windowMs, Math.ceil(most * 0.75)),
  ]
  return await countText(parts.context.database.aside, [
    ...ofKind(['person-hour', subjectId], hourMs, perHour),
    ...ofKind(['number-hour', to], hourMs, perHour),
    ...ofKind(['person-day', subjectId], dayMs, 2 * perHour),
    ...ofKind(['number-day', to], dayMs, 2 * perHour),
    ...ofKind(['organisation-day', organisationId], dayMs, maxTextsPerDay),
    ...(askedFrom === null ? [] : [count(['network-hour', network(askedFrom)], hourMs, maxTextsPerNetwork)]),
  ])
}
