import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { newId, systemRandom } from '../../server/platform/random.ts'
import { LiveSessions } from '../../server/sessions/live-sessions.ts'

// How much memory a process takes for the sessions that it remembers, after a collection before and one afterwards.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const sessions = Number(process.argv[2])

function held(): number {
  collect()
  return process.memoryUsage().heapUsed
}

process.on('message', () => {
  const before = held()
  const live = new LiveSessions(sessions)
  for (let made = 0; made < sessions; made++) {
    const principal = {
      kind: 'user',
      id: newId('usr', systemRandom),
      organisationId: newId('org', systemRandom),
      roles: ['member'],
      sessionId: newId('ses', systemRandom),
      factors: ['pwd', 'otp'],
      authenticatedAtMs: Date.now(),
    } as const
    const fingerprint = systemRandom.bytes(32).toString('base64url')
    live.remember(
      fingerprint,
      { session: { principal, expiresAtMs: 1, recheckAtMs: 1 }, host: null } as never,
      live.generation,
    )
  }
  const after = held()
  if (live.size !== sessions) throw new Error(`${live.size} sessions are remembered`)
  process.send?.({ bytes: after - before })
})
process.send?.({ port: 0 })
process.once('disconnect', () => process.exit())
