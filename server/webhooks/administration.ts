import type * as Wire from '@custodia/wire/http/webhooks.ts'
import type { Operator } from '../platform/http/operator.ts'
import { replay, replayDead } from './deliveries/replay.ts'
import { sendTest } from './deliveries/send-test.ts'
import { listPage, readOne } from './deliveries/show.ts'
import { change, remove } from './endpoints/change.ts'
import { create } from './endpoints/create.ts'
import { rotate } from './endpoints/rotate.ts'
import { list } from './endpoints/show.ts'
import type { Parts } from './parts.ts'

export type WebhooksAdministration = ReturnType<typeof webhooksAdministration>

/** More than an endpoint has to answer. */
const testMs = 30_000

/**
 * What the operator may do with the endpoints of one organisation: the use cases of the API, and so are the refusals, but for what the API refuses
 * to whoever may not read what an endpoint is told. Every change is in the ledger as done by the system.
 *
 * For the commands of whoever has the machine: no route leads here.
 */
export function webhooksAdministration(parts: Parts, organisationId: string) {
  const by: Operator = { kind: 'operator', organisationId }
  return {
    list: async () => await list(parts, organisationId),
    create: async (body: Wire.NewEndpoint) => await create(parts, by, body),
    change: async (id: string, body: Wire.EndpointChange) => await change(parts, by, id, body),
    remove: async (id: string) => await remove(parts, by, id),
    rotate: async (id: string, body: Wire.RotateSecret) => await rotate(parts, by, id, body),
    test: async (id: string) => await sendTest(parts, by, id, AbortSignal.timeout(testMs)),
    deliveries: async (query: Wire.DeliveryQuery) => await listPage(parts, organisationId, query),
    delivery: async (id: string) => await readOne(parts, organisationId, id),
    replay: async (id: string) => await replay(parts, by, id),
    replayDead: async (endpointId: string) => await replayDead(parts, by, endpointId),
  }
}
