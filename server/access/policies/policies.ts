import type { Keyring } from '../../keyring/api.ts'
import type { Context } from '../../platform/module.ts'
import type { ReplaySource } from '../decisions/api.ts'
import type { LiveSource, PolicyNeeds } from './api.ts'
import type { Laboratory } from './laboratory.ts'
import { openLaboratory } from './laboratory.ts'
import { LiveCache } from './live-cache.ts'
import type { PolicyParts } from './parts.ts'
import type { ResourceType, SchemaSource } from './schema.ts'
import { declaredTypes, schemaOf } from './schema.ts'
import { readLive } from './store.ts'

/** The room at work: `live` for whoever decides, `parts` for its routes and commands. */
export type OpenPolicies = LiveSource & { readonly parts: PolicyParts }

/**
 * @param source every permission, and what applications declare.
 * @param laboratory another one in tests only.
 * @throws Error where the declared types make no schema.
 */
export function openPolicies(
  context: Pick<Context, 'database' | 'clock' | 'recorder' | 'bus'>,
  needs: PolicyNeeds & {
    readonly keyring: Keyring
    readonly decisions: ReplaySource
    readonly source: SchemaSource
  },
  laboratory: Laboratory = openLaboratory(),
): OpenPolicies {
  const { keyring, decisions, source } = needs
  const schema = schemaOf(source)
  const cache = new LiveCache(context.bus, schema, (organisationId, known) =>
    readLive(context.database.queries, organisationId, known),
  )
  const parts: PolicyParts = {
    context,
    keyring,
    needs,
    laboratory,
    cache,
    decisions,
    schema,
    declared: declaredTypes(source.resourceTypes),
    types: new Map(source.resourceTypes.map(({ type, relations }: ResourceType) => [type, relations])),
  }
  return { live: (organisationId) => cache.get(organisationId), parts }
}
