import type { ResourceType } from '../policies/schema.ts'
import type { ResourceTypes } from '../relations/model.ts'

/** Declared types as policies know them: relations by their names, and every permission that one of them gives. */
export const schemaTypes = (types: ResourceTypes): ResourceType[] =>
  [...types.values()].map(({ name, relations }) => ({
    type: name,
    relations: [...relations.keys()],
    permissions: [...relations.values()].flatMap(({ permissions }) => permissions),
  }))
