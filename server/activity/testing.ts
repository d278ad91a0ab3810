import { eventCatalogue } from '../app.ts'
import type { Audit } from '../audit/module.ts'
import { audit } from '../audit/module.ts'
import { identity } from '../identity/module.ts'
import type { IdentityProcess } from '../identity/testing.ts'
import { testConfig } from '../identity/testing.ts'
import { mail } from '../mail/module.ts'
import { testConfig as mailConfig } from '../mail/testing.ts'
import { lateRecorder } from '../platform/events/late-recorder.ts'
import type { TestHouse } from '../sessions/testing.ts'
import { openTestHouse, serve, startModule } from '../sessions/testing.ts'
import { activity } from './module.ts'

/** A process whose events go into a real ledger, with everything that this module reads of. */
export type ActivityHouse = {
  readonly house: TestHouse
  readonly process: IdentityProcess
  readonly audit: Audit
  close(): Promise<void>
}

export async function openActivityHouse(): Promise<ActivityHouse> {
  const house = await openTestHouse([audit, mail, identity], {
    reader: { summary: 'Sees people.', permissions: ['identity:users:read'] },
  })
  const recorder = lateRecorder()
  const process = await house.process({ recorder, eventCatalogue, publicUrl: 'http://custodia.localhost' })
  const { context } = process
  const ledger = (await startModule(audit, { ...context, config: { origin: '' } }, process)) as Audit
  recorder.install(ledger)
  const post = await startModule(mail, { ...context, config: mailConfig }, process)
  const people = await startModule(
    identity,
    { ...context, config: { ...testConfig, riskRefuse: 5 } },
    { ...process, mail: post },
  )
  const { routes } = await activity.start(context as never, { ...process, audit: ledger })
  const server = await serve(process, [...process.sessions.routes, ...post.routes, ...people.routes, ...routes])
  return {
    house,
    process: { ...process, identity: people, mail: post, server, hashes: () => 0 },
    audit: ledger,
    async close() {
      await server.close()
      await people.stop()
      await post.stop()
      await ledger.stop()
      await house.close()
    },
  }
}
