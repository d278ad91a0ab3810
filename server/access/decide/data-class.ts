import type { ResourceTypes } from '../relations/model.ts'
import type { What } from './question.ts'

/** The class of the data that is asked about: what is said of the resource, else what its type declares; undefined where neither says one. */
export function dataClassOf({ type, attributes }: What, types: ResourceTypes): string | undefined {
  const said = attributes?.dataClass
  if (typeof said === 'string') return said
  return type === null ? undefined : (types.get(type)?.dataClass ?? undefined)
}
