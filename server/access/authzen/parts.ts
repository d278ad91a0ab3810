import type { Database } from '../../platform/database/database.ts'
import type { Authorizer } from '../../platform/http/ports.ts'
import type { DecisionPoint } from '../decide/decision-point.ts'
import type { GrantsRoom } from '../grants/create-grants.ts'
import type { LiveSource } from '../policies/api.ts'
import type { DeclaredContexts } from '../policies/declared-attributes.ts'
import type { Relations } from '../relations/api.ts'
import type { Cursors } from '../relations/cursor.ts'
import type { ResourceTypes } from '../relations/model.ts'
import type { Revisions } from '../revisions.ts'

export type Parts = {
  readonly point: DecisionPoint
  readonly grants: Pick<GrantsRoom, 'roleTable' | 'standingOf' | 'serviceAccountOf' | 'parts'>
  readonly relations: Relations
  readonly types: ResourceTypes
  readonly contexts: DeclaredContexts
  readonly policies: LiveSource
  readonly cursors: Cursors
  readonly revisions: Revisions
  readonly database: Database
  readonly clock: { nowMs(): number }
  readonly decide: Authorizer['decide']
  /** Every permission there is. */
  readonly permissions: readonly string[]
  /** Without a slash at its end. */
  readonly publicUrl: string
}
