import { ListedRelations, ListRelations, WriteRelations, WrittenRelations } from '@custodia/wire/http/relations.ts'
import type { Database, Queries } from '../../platform/database/database.ts'
import { actorOf } from '../../platform/events/event.ts'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute } from '../../platform/http/route.ts'
import { requireOwn } from '../authzen/own.ts'
import type { RoleTable } from '../grants/grants.ts'
import type { Revisions } from '../revisions.ts'
import type { Relations } from './api.ts'
import { giverOf } from './giver.ts'
import type { OnBehalfNeeds } from './on-behalf.ts'
import { personBehind, requirePresent } from './on-behalf.ts'
import { readTuple, showTuple } from './show.ts'

export const relationPermissions = {
  'access:relations:read': { summary: 'See with whom resources are shared; an application, its own.' },
  'access:relations:write': {
    summary: 'Share resources and take them back: an application its own, others what their own rights allow.',
  },
} as const

type Needs = {
  readonly relations: Relations
  readonly revisions: Revisions
  readonly database: Database
  readonly clock: { nowMs(): number }
  readonly readTable: (queries: Queries, organisationId: string) => Promise<RoleTable>
  readonly onBehalf: OnBehalfNeeds
}

/** A hundred tuples with the longest names, networks and all. */
const bodyLimitBytes = 262_144
const usualLimit = 100

export function relationRoutes({
  relations,
  revisions,
  database,
  clock,
  readTable,
  onBehalf,
}: Needs): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/relations',
      summary: 'Share resources, and take back what was shared: up to 100 changes, all or none.',
      who: { permission: 'access:relations:write' },
      limit: 'write',
      sensitive: false,
      body: WriteRelations,
      bodyLimitBytes,
      reply: WrittenRelations,
      errors: [
        ...['ACCESS_NOT_YOUR_APPLICATION', 'ACCESS_RELATION_MALFORMED', 'ACCESS_RELATION_UNKNOWN'],
        ...['ACCESS_RELATION_SUBJECT_REFUSED', 'ACCESS_RELATION_NOT_YOURS_TO_GIVE', 'ACCESS_RELATION_OUTLIVES_YOURS'],
        ...['ACCESS_RELATIONS_TOO_WIDE', 'ACCESS_RELATIONS_TOO_DEEP', 'ACCESS_ON_BEHALF_REFUSED'],
      ],
      handle: async ({ principal, body, head }) => {
        const { organisationId } = principal
        const { add = [], remove = [], onBehalfOf } = body
        for (const { resource } of [...add, ...remove]) requireOwn(principal, { type: resource.type })
        const person = onBehalfOf === undefined ? null : await personBehind(onBehalf, principal, onBehalfOf)
        const giver = person ?? principal
        // The address of a request that an application makes is not the person's.
        const at = { nowMs: clock.nowMs(), address: person === null ? head.address : null, readTable }
        const by = async (tx: Queries) => {
          if (person !== null) await requirePresent(onBehalf, tx, principal, person)
          return await giverOf(tx, giver, at)
        }
        const change = {
          ...{ organisationId, by: giver.kind === 'application' ? null : by, actor: actorOf(giver) },
          ...(person === null ? {} : { through: principal.id }),
          ...{ add: add.map(readTuple), remove },
        }
        const changed = await database.transaction((tx) => relations.write(tx, change))
        return { changed, token: await revisions.token(organisationId) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/relations',
      summary: 'List with whom a resource is shared.',
      who: { permission: 'access:relations:read' },
      limit: 'read',
      sensitive: false,
      query: ListRelations,
      reply: ListedRelations,
      errors: ['ACCESS_NOT_YOUR_APPLICATION', 'ACCESS_CURSOR_INVALID'],
      handle: async ({ principal, query: { type, id, cursor, limit } }) => {
        requireOwn(principal, { type })
        const { items, next } = await relations.listShares({
          organisationId: principal.organisationId,
          resource: { type, id },
          nowMs: clock.nowMs(),
          limit: limit ?? usualLimit,
          ...(cursor === undefined ? {} : { cursor }),
        })
        return { items: items.map(showTuple), next }
      },
    }),
  ]
}
