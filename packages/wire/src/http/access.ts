import type { Static } from 'typebox'
import { Type } from 'typebox'

/** `GET /v1/roles`: those that a person can be given. Needs `access:roles:read`. */
export const Roles = Type.Object({
  items: Type.Array(
    Type.Object({ name: Type.String(), summary: Type.String(), permissions: Type.Array(Type.String()) }),
  ),
})
export type Roles = Static<typeof Roles>
