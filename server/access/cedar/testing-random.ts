import type { RequestJson, Uid } from './testing.ts'
import { value, variable } from './testing.ts'

/** Numbers that follow from the seed alone (mulberry32). */
export class Random {
  #state: number
  constructor(seed: number) {
    this.#state = seed
  }

  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  below(end: number): number {
    return Math.floor(this.fraction() * end)
  }

  chance(share: number): boolean {
    return this.fraction() < share
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make)
  }
}

const ids = ['a', 'b', 'c', '', '__proto__', 'é', '𝕏"\\', 'toString']
const users: Uid[] = ids.map((id) => ({ type: 'User', id }))
const groups: Uid[] = ['g', 'h', 'i', 'constructor'].map((id) => ({ type: 'Group', id }))
const things: Uid[] = ['a', 'b', 'c', 'd'].map((id) => ({ type: 'N::Thing', id }))
const actions: Uid[] = ['view', 'edit', 'all', 'some', 'never'].map((id) => ({ type: 'Action', id }))
const everybody = [...users, ...groups, ...things, ...actions]
const names = ['n', 's', 'b', 'e', 'set', 'rec', 'ip', 'dec', 'at', 'for', '__proto__', 'constructor', 'é']
const longs = [0, 1, -1, 2, 3, 7, 1_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
const farLongs = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 62n, -(2n ** 62n), 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n]
const texts = ['', 'a', 'b', 'ab', 'aab', 'abcab', '*', 'é', '𝕏', '𝕐𝕏', 'toString', 'n', 's', '__proto__', 'A/b.jpg']
const ips = ['1.2.3.4', '1.2.3.4/8', '10.0.0.0/8', '10.1.2.3', '0.0.0.0/0', '127.0.0.1', '127.0.0.1/4', '224.1.1.1/3']
const ips6 = ['::1', '::', '::/0', 'ff00::/8', 'ff02::1', '::ffff:102:304', '2001:DB8::/32', '2001:db8:1::1', '::1/64']
const badIps = ['', '1.2.3', '01.2.3.4', '::ffff:1.2.3.4', '1.2.3.4/33', '::/129', '1.2.3.4/08', '1::2::3', 'fe80::1%e']
const decimals = ['0.0', '1.0', '-1.5', '-0.5', '1.2345', '922337203685477.5807', '-922337203685477.5808', '0001.10']
const badDecimals = [
  '',
  '1',
  '1.',
  '.5',
  '+1.0',
  '1.23456',
  '922337203685477.5808',
  '1.0 ',
  '1e3',
  '-922337203685477.5809',
]
const dates = ['2024-02-29', '1970-01-01', '0000-01-01', '9999-12-31T23:59:59.999-2359', '2024-10-15T11:38:02Z']
const moreDates = ['1969-12-31T23:59:59.999Z', '2024-10-15T11:38:02.101+1134', '0099-03-01']
const badDates = ['', '2023-02-29', '2024-1-1', '2024-01-01T24:00:00Z', '2024-01-01T00:00:60Z', '2024-01-01T00:00:00']
const moreBadDates = ['2024-01-01T00:00:00+2400', '2024-01-01t00:00:00Z', '10000-01-01', '2024-13-01', '2024-00-10']
const spans = [
  '0s',
  '1d',
  '-1d2h3m4s5ms',
  '1h',
  '90m',
  '999ms',
  '-1ms',
  '9223372036854775807ms',
  '-9223372036854775808ms',
]
const badSpans = ['', '-', '1', 'h', '1h1d', '1.5h', '9223372036854775808ms', '+1h', '1d1d', '106751991168d', '1s ']
const constructors = {
  ip: [...ips, ...ips6],
  decimal: decimals,
  datetime: [...dates, ...moreDates],
  duration: spans,
} as const
const malformed = { ip: badIps, decimal: badDecimals, datetime: [...badDates, ...moreBadDates], duration: badSpans }

const types = ['bool', 'long', 'text', 'entity', 'set', 'record', 'ip', 'decimal', 'datetime', 'duration'] as const
type Type = (typeof types)[number]

/** One world: entities, policies and requests, all from the seed. */
export class RandomWorld {
  readonly random: Random
  readonly entities: readonly unknown[]

  constructor(seed: number) {
    this.random = new Random(seed)
    this.entities = this.#makeEntities()
  }

  request(): RequestJson {
    const { random } = this
    return {
      principal: random.one(random.chance(0.9) ? users : everybody),
      action: random.one(random.chance(0.95) ? actions : everybody),
      resource: random.one(random.chance(0.9) ? things : everybody),
      context: random.chance(0.1) ? {} : this.#recordValue(0),
    }
  }

  /** A set of policies, the last four of them links to two templates. */
  policies(count: number, mixed: boolean): unknown {
    const { random } = this
    const policy = (scope = {}) => this.#policy(mixed && random.chance(0.3), scope)
    return {
      staticPolicies: fromEntries(Array.from({ length: count - 4 }, (_, at) => [`p${at}`, policy()])),
      templates: {
        ofPrincipal: policy({
          principal: random.one([
            { op: '==', slot: '?principal' },
            { op: 'in', slot: '?principal' },
          ]),
        }),
        ofBoth: policy({
          principal: { op: 'is', entity_type: 'User', in: { slot: '?principal' } },
          resource: { op: 'in', slot: '?resource' },
        }),
      },
      templateLinks: Array.from({ length: 4 }, (_, at) => {
        const [principal, resource] = [random.one([...users, ...groups]), random.one([...things, ...groups])]
        return at % 2 === 0
          ? { templateId: 'ofPrincipal', newId: `l${at}`, values: { '?principal': principal } }
          : { templateId: 'ofBoth', newId: `l${at}`, values: { '?principal': principal, '?resource': resource } }
      }),
    }
  }

  #policy(forbids: boolean, scope: object): unknown {
    const { random } = this
    return {
      effect: forbids ? 'forbid' : 'permit',
      principal: this.#entityScope([...users, ...groups], ['User', 'Group']),
      action: this.#actionScope(),
      resource: this.#entityScope([...things, ...groups], ['N::Thing', 'Thing']),
      ...scope,
      conditions: random.some(2, () => ({
        kind: random.chance(0.7) ? 'when' : 'unless',
        body: random.chance(0.95) ? this.expression('bool', 4) : this.expression(random.one(types), 2),
      })),
    }
  }

  #entityScope(known: readonly Uid[], typesOf: readonly string[]): unknown {
    const { random } = this
    const kind = random.below(10)
    if (kind < 6) return { op: 'All' }
    if (kind < 7) return { op: '==', entity: random.one(known) }
    if (kind < 8) return { op: 'in', entity: random.one(known) }
    const type = random.one(typesOf)
    return kind < 9
      ? { op: 'is', entity_type: type }
      : { op: 'is', entity_type: type, in: { entity: random.one(known) } }
  }

  #actionScope(): unknown {
    const { random } = this
    const kind = random.below(8)
    if (kind < 5) return { op: 'All' }
    if (kind < 6) return { op: '==', entity: random.one(actions) }
    if (kind < 7) return { op: 'in', entity: random.one(actions) }
    return { op: 'in', entities: random.some(3, () => random.one(actions)) }
  }

  /** An expression that mostly has the type, and now and then another. */
  expression(wanted: Type, depth: number): unknown {
    const { random } = this
    const type = random.chance(0.04) ? random.one(types) : wanted
    if (depth <= 0) return this.#leaf(type)
    const common = random.below(12)
    const next = depth - 1
    if (common === 0) {
      const [test, yes, no] = [this.expression('bool', next), this.expression(type, next), this.expression(type, next)]
      // biome-ignore lint/suspicious/noThenProperty: so Cedar names it.
      return { 'if-then-else': { if: test, then: yes, else: no } }
    }
    if (common === 1) {
      return random.chance(0.2)
        ? { getTag: { left: this.expression('entity', 0), right: this.expression('text', next) } }
        : { '.': { left: this.expression(random.one(['entity', 'record']), next), attr: attributeFor(type, random) } }
    }
    if (common < 3) return this.#leaf(type)
    return this.#operation(type, next)
  }

  #operation(type: Type, depth: number): unknown {
    const { random } = this
    const two = (name: string, left: Type, right: Type) => ({
      [name]: { left: this.expression(left, depth), right: this.expression(right, depth) },
    })
    const call = (name: string, ...args: Type[]) => ({ [name]: args.map((arg) => this.expression(arg, depth)) })
    const constructed = (name: keyof typeof constructors) =>
      random.chance(0.1) ? call(name, 'text') : { [name]: [value(this.#extensionText(name))] }
    const any = random.one(types)
    const choices: Readonly<Record<Type, readonly (() => unknown)[]>> = {
      bool: [
        () => two('&&', 'bool', 'bool'),
        () => two('||', 'bool', 'bool'),
        () => ({ '!': { arg: this.expression('bool', depth) } }),
        () => two(random.one(['==', '!=']), any, any),
        () => two(random.one(['<', '<=', '>', '>=']), 'long', 'long'),
        () => two(random.one(['<', '<=', '>', '>=']), 'datetime', 'datetime'),
        () => two(random.one(['<', '<=', '>', '>=']), 'duration', 'duration'),
        () => two('in', 'entity', 'entity'),
        () => ({ in: { left: this.expression('entity', depth), right: this.#entitySet(depth) } }),
        () => two('contains', 'set', any),
        () => two(random.one(['containsAll', 'containsAny']), 'set', 'set'),
        () => ({ isEmpty: { arg: this.expression('set', depth) } }),
        () => two('hasTag', 'entity', 'text'),
        () => ({
          has: { left: this.expression(random.one(['entity', 'record']), depth), attr: this.#attributePath() },
        }),
        () => ({ like: { left: this.expression('text', depth), pattern: this.#pattern() } }),
        () => this.#is(depth),
        () => call(random.one(['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast']), 'ip'),
        () => call('isInRange', 'ip', 'ip'),
        () =>
          call(random.one(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual']), 'decimal', 'decimal'),
      ],
      long: [
        () => two(random.one(['+', '-', '*']), 'long', 'long'),
        () => ({ neg: { arg: this.expression('long', depth) } }),
        () => call(random.one(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays']), 'duration'),
      ],
      text: [() => this.#leaf('text')],
      entity: [() => this.#leaf('entity')],
      set: [() => ({ Set: random.some(3, () => this.expression(random.chance(0.5) ? 'long' : any, depth)) })],
      record: [
        () => ({
          Record: fromEntries(random.some(3, () => [random.one(names), this.expression(random.one(types), depth)])),
        }),
      ],
      ip: [() => constructed('ip')],
      decimal: [() => constructed('decimal')],
      datetime: [
        () => constructed('datetime'),
        () => call('offset', 'datetime', 'duration'),
        () => call('toDate', 'datetime'),
      ],
      duration: [
        () => constructed('duration'),
        () => call('durationSince', 'datetime', 'datetime'),
        () => call('toTime', 'datetime'),
      ],
    }
    return random.one(choices[type])()
  }

  #leaf(type: Type): unknown {
    const { random } = this
    if (type === 'entity') {
      return random.chance(0.6) ? variable(random.one(['principal', 'action', 'resource'])) : this.#literal('entity')
    }
    if (type === 'record' && random.chance(0.5)) return variable('context')
    if (random.chance(0.4)) {
      const holder = variable(random.one(['principal', 'resource', 'context']))
      return { '.': { left: holder, attr: attributeFor(type, random) } }
    }
    return this.#literal(type)
  }

  #literal(type: Type): unknown {
    return value(this.valueOf(type, 1, true))
  }

  /** A value in JSON. Policies may hold malformed extension values; a context or attribute may not. */
  valueOf(type: Type, depth: number, inPolicy = false): unknown {
    const { random } = this
    switch (type) {
      case 'bool':
        return random.chance(0.5)
      case 'long':
        return random.chance(0.15) ? random.one(farLongs) : random.one(longs)
      case 'text':
        return random.one(texts)
      case 'entity':
        return { __entity: random.one(everybody) }
      case 'set':
        return random.some(4, () =>
          this.valueOf(depth > 2 || random.chance(0.6) ? 'long' : random.one(types), depth + 1),
        )
      case 'record':
        return this.#recordValue(depth)
      default:
        return { __extn: { fn: type, arg: inPolicy ? this.#extensionText(type) : random.one(constructors[type]) } }
    }
  }

  #recordValue(depth: number): Record<string, unknown> {
    const { random } = this
    const members = random.some(depth === 0 ? 8 : 3, (): [string, unknown] => {
      const name = random.one(names)
      const type = random.chance(0.8) ? (typeByName.get(name) ?? random.one(types)) : random.one(types)
      return [name, this.valueOf(depth > 2 ? 'long' : type, depth + 1)]
    })
    return fromEntries(members)
  }

  #extensionText(name: keyof typeof constructors): string {
    return this.random.one(this.random.chance(0.12) ? malformed[name] : constructors[name])
  }

  #entitySet(depth: number): unknown {
    const { random } = this
    return random.chance(0.5)
      ? value(random.some(3, () => ({ __entity: random.one(everybody) })))
      : { Set: random.some(3, () => this.expression('entity', depth)) }
  }

  #attributePath(): unknown {
    const { random } = this
    return random.chance(0.3) ? [random.one(names), ...random.some(2, () => random.one(names))] : random.one(names)
  }

  #pattern(): unknown {
    const { random } = this
    return random.some(5, () => (random.chance(0.45) ? 'Wildcard' : { Literal: random.one(texts) }))
  }

  #is(depth: number): unknown {
    const { random } = this
    const left = this.expression('entity', depth)
    const type = random.one(['User', 'Group', 'N::Thing', 'Action', 'Nobody'])
    return random.chance(0.6)
      ? { is: { left, entity_type: type } }
      : { is: { left, entity_type: type, in: this.expression('entity', depth) } }
  }

  /** Some of everybody exist. Nobody is above somebody that comes later in the list, so nobody is above themselves. */
  #makeEntities(): readonly unknown[] {
    const { random } = this
    const order = [...actions].reverse().concat(groups, users, things)
    return order.flatMap((uid, at) => {
      if (random.chance(0.15)) return []
      const kin = uid.type === 'Action' ? actions : [...groups, ...things]
      const above = order.slice(0, at).filter((other) => kin.includes(other))
      const parents = above.length === 0 ? [] : random.some(3, () => random.one(above))
      return [{ uid, attrs: this.#recordValue(0), parents, tags: random.chance(0.5) ? this.#recordValue(1) : {} }]
    })
  }
}

const typeByName = new Map<string, Type>([
  ['n', 'long'],
  ['s', 'text'],
  ['b', 'bool'],
  ['e', 'entity'],
  ['set', 'set'],
  ['rec', 'record'],
  ['ip', 'ip'],
  ['dec', 'decimal'],
  ['at', 'datetime'],
  ['for', 'duration'],
])

function attributeFor(type: Type, random: Random): string {
  if (random.chance(0.1)) return random.one(names)
  return [...typeByName].find(([, of]) => of === type)?.[0] ?? 'n'
}

/** Own members, whatever their names. */
function fromEntries(entries: readonly (readonly [string, unknown] | unknown[])[]): Record<string, unknown> {
  return Object.fromEntries(entries as [string, unknown][])
}
