/** A type of Cedar's JSON schema, as far as it is used here. */
export type CedarType =
  | { readonly type: 'String' | 'Long' | 'Boolean' }
  | { readonly type: 'Extension'; readonly name: 'ipaddr' | 'datetime' | 'decimal' | 'duration' }
  | { readonly type: 'Entity'; readonly name: string }
  | { readonly type: 'Set'; readonly element: CedarType }
  | RecordType

export type RecordType = {
  readonly type: 'Record'
  readonly attributes: Readonly<Record<string, CedarType & { readonly required?: boolean }>>
}

type Namespace = {
  readonly entityTypes: Readonly<Record<string, { readonly memberOfTypes?: string[]; readonly shape?: RecordType }>>
  readonly actions: Readonly<
    Record<
      string,
      { readonly appliesTo: { principalTypes: string[]; resourceTypes: string[]; readonly context: RecordType } }
    >
  >
}

/** Cedar's schema in JSON, by namespace. */
export type CedarSchema = Readonly<Record<string, Namespace>>

/** How a configuration names the type of an attribute. An attribute that is declared may be absent: policies ask for it by `has`. */
export const attributeTypes = {
  String: { type: 'String' },
  Long: { type: 'Long' },
  Boolean: { type: 'Boolean' },
  datetime: { type: 'Extension', name: 'datetime' },
  duration: { type: 'Extension', name: 'duration' },
  decimal: { type: 'Extension', name: 'decimal' },
  ipaddr: { type: 'Extension', name: 'ipaddr' },
  'Set<String>': { type: 'Set', element: { type: 'String' } },
  'Set<Long>': { type: 'Set', element: { type: 'Long' } },
  'Set<Boolean>': { type: 'Set', element: { type: 'Boolean' } },
} as const satisfies Readonly<Record<string, CedarType>>

export type AttributeType = keyof typeof attributeTypes

/** A type alone is of what may be absent. */
export type DeclaredAttribute = AttributeType | { readonly type: AttributeType; readonly required: true }

export type DeclaredAttributes = Readonly<Record<string, DeclaredAttribute>>

/** A type of resources as an application declares it. */
export type ResourceType = {
  /** `application:noun` in lower-case words with hyphens, as in `inbox:mailbox`. */
  readonly type: string
  readonly relations: readonly string[]
  readonly attributes?: Readonly<Record<string, AttributeType>>
  /** Permissions that may be asked about it, beside those that begin with the application's name. */
  readonly permissions?: readonly string[]
}

export type SchemaSource = {
  /** `module:noun:verb`, of the manifests and of the applications. */
  readonly permissions: readonly string[]
  readonly resourceTypes: readonly ResourceType[]
  /** What an application sends with its questions, by its name: stands under `context.application`. */
  readonly contexts?: Readonly<Record<string, DeclaredAttributes>>
}

/** Who may ask. Each is in roles, groups and relations. */
export const principalTypes = ['User', 'Application', 'Service'] as const

/**
 * The Cedar type of a declared one: `Inbox::Mailbox` of `inbox:mailbox`.
 *
 * @throws Error where it is no `application:noun`, or takes the name `custodia` or `action`.
 */
export function entityTypeOf(type: string): `${string}::${string}` {
  const [, application = '', noun = ''] = /^([a-z][a-z0-9-]{0,49}):([a-z][a-z0-9_-]{0,49})$/.exec(type) ?? []
  if (application === '') throw new Error(`${type} is no type of resources: that is as in inbox:mailbox`)
  if (application === 'custodia') throw new Error(`${type}: that name is Custodia’s own`)
  if (noun === 'action') throw new Error(`${type}: Cedar keeps that name for permissions`)
  return `${pascal(application)}::${pascal(noun)}`
}

/** The id of the `Custodia::Relation` in which everybody is who has the relation to the resource, as in `inbox:mailbox/7#reader`. */
export const relationId = ({ type, id }: { readonly type: string; readonly id: string }, relation: string): string =>
  `${type}/${id}#${relation}`

/** The declared types by their Cedar types. */
export const declaredTypes = (types: readonly Pick<ResourceType, 'type'>[]): Readonly<Record<string, string>> =>
  Object.fromEntries(types.map(({ type }) => [entityTypeOf(type), type]))

/** `mail-box` and `mailbox` differ, and so do `a-1` and `a1`: what follows a hyphen is a capital, or stands behind `_`. */
const pascal = (words: string): string =>
  words
    .split('-')
    .map((word, at) =>
      /^[a-z]/.test(word) ? word.charAt(0).toUpperCase() + word.slice(1) : `${at > 0 ? '_' : ''}${word}`,
    )
    .join('')

const text = { type: 'String' } as const
const record = (attributes: RecordType['attributes']): RecordType => ({ type: 'Record', attributes })

const members = (declared: DeclaredAttributes = {}) =>
  Object.fromEntries(
    Object.entries(declared).map(([name, one]) => {
      const required = typeof one !== 'string'
      return [name, { ...attributeTypes[required ? one.type : one], required }] as const
    }),
  )

/**
 * The schema that policies are validated against: every permission is an action, every declared type of resources an entity type.
 *
 * @throws Error where two types of resources would be one, or an attribute takes the name of a relation or of one that all have.
 */
export function schemaOf({ permissions, resourceTypes, contexts = {} }: SchemaSource): CedarSchema {
  const namespaces: Record<string, Namespace> = {}
  const applicable = new Map<string, string[]>(permissions.map((one) => [one, ['Custodia::Resource']]))
  const types: Record<string, Record<string, { shape: RecordType }>> = {}
  for (const declared of resourceTypes) {
    const name = entityTypeOf(declared.type)
    const [namespace, noun] = name.split('::') as [string, string]
    types[namespace] ??= {}
    if (noun in types[namespace]) throw new Error(`${declared.type} is declared twice, or another one is ${name} too`)
    types[namespace][noun] = { shape: shapeOf(declared) }
    const own = `${declared.type.slice(0, declared.type.indexOf(':'))}:`
    for (const [permission, resources] of applicable)
      if (permission.startsWith(own) || declared.permissions?.includes(permission)) resources.push(name)
  }
  for (const [namespace, entityTypes] of Object.entries(types)) namespaces[namespace] = { entityTypes, actions: {} }
  const shape = record({ organisation: text, kind: text })
  const everything = ['Role', 'Group', 'Relation']
  const principals = Object.fromEntries(principalTypes.map((type) => [type, { memberOfTypes: everything, shape }]))
  return {
    ...namespaces,
    Custodia: {
      entityTypes: {
        Role: { memberOfTypes: ['Role'] },
        Group: { memberOfTypes: everything },
        Relation: {},
        ...principals,
        Resource: { shape: record(ofEveryResource) },
      },
      actions: Object.fromEntries(
        [...applicable].map(([permission, resources]) => {
          const context = contextOf(contexts[permission.slice(0, permission.indexOf(':'))])
          return [permission, { appliesTo: { principalTypes: [...principalTypes], resourceTypes: resources, context } }]
        }),
      ),
    },
  }
}

/** The schema of conditions that tuples name: the context, without what is known of a resource alone, with what the tuple says. */
export function conditionSchema(sent: DeclaredAttributes | undefined, parameters: DeclaredAttributes): CedarSchema {
  const { dataClass: _, ...context } = contextOf(sent).attributes
  const entityTypes = { User: {}, Resource: {} }
  const whole = record({ ...context, parameters: record(members(parameters)) })
  const appliesTo = { principalTypes: ['User'], resourceTypes: ['Resource'], context: whole }
  return { Custodia: { entityTypes, actions: { condition: { appliesTo } } } }
}

const ofEveryResource = { organisation: text, dataClass: { ...text, required: false } } as const

function shapeOf({ type, relations, attributes = {} }: ResourceType): RecordType {
  const relation = { type: 'Entity', name: 'Custodia::Relation' } as const
  const all: RecordType['attributes'] = {
    ...members(attributes),
    ...Object.fromEntries(relations.map((name) => [name, relation])),
    ...ofEveryResource,
  }
  const names = Object.keys(attributes).length + relations.length + Object.keys(ofEveryResource).length
  if (Object.keys(all).length !== names)
    throw new Error(`${type}: an attribute or a relation takes a name that is taken`)
  return record(all)
}

function contextOf(application: DeclaredAttributes | undefined): RecordType {
  return record({
    /** When it is asked. */
    time: attributeTypes.datetime,
    /** The client's address. */
    network: attributeTypes.ipaddr,
    /** How sure it is who asks: 1 one factor, 2 two factors, 3 one of them can't be phished. */
    assurance: attributeTypes.Long,
    factors: attributeTypes['Set<String>'],
    /** How unlike the person the session looks: 0 as usual to 1,000, in hundredths of a power of ten. */
    risk: attributeTypes.Long,
    /** True where a key asks, and no person. */
    api: attributeTypes.Boolean,
    dataClass: { ...text, required: false },
    ...(application === undefined ? {} : { application: { ...record(members(application)), required: false } }),
  })
}
