import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../platform/events/event.ts'
import type { UserPrincipal } from '../../platform/http/principal.ts'
import { createMetrics } from '../../platform/telemetry/registry.ts'
import { FileLog } from './file-log.ts'

const turned = { reason: 'malware', signature: 'Eicar-Test' }
const ann: UserPrincipal = {
  kind: 'user',
  id: 'usr_ann',
  organisationId: 'org_a',
  roles: [],
  sessionId: 'ses_ann',
  factors: ['pwd'],
  authenticatedAtMs: 0,
}

test('strangers do not fill the ledger with refused files: sixty a minute at each application stand there, and all are counted', async () => {
  let nowMs = 1_000
  const events: Event[] = []
  const metrics = createMetrics()
  const recorder = { note: (event: Event) => void events.push(event) } as never
  const log = new FileLog({ recorder, clock: { nowMs: () => nowMs }, metrics })
  for (let i = 0; i < 1_000; i++) log.refused('album', null, turned)
  assert.equal(events.length, 60)
  assert.match(await metrics.text(), /files_refused_total\{application="album",reason="malware"\} 1000/)
  log.refused('album', ann, turned)
  log.refused('other', null, turned)
  assert.deepEqual(
    events.slice(60).map(({ organisationId, actor, data }) => [organisationId, actor.kind, data]),
    [
      ['org_a', 'user', { application: 'album', ...turned }],
      [null, 'anonymous', { application: 'other', ...turned }],
    ],
  )
  nowMs += 60_000
  log.refused('album', null, turned)
  assert.equal(events.length, 63)
})
