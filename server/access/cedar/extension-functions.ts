import { durationSince, inUnits, offset, readDatetime, readDuration, toDate, toTime } from './datetime.ts'
import { readDecimal } from './decimal.ts'
import type { Result } from './failure.ts'
import { extensionFailed, wrongType } from './failure.ts'
import { isInRange, isIpv4, isLoopback, isMulticast, readIp } from './ip.ts'
import type { Long } from './long.ts'
import type { Value } from './values.ts'
import { Datetime, Decimal, Duration, IpAddress } from './values.ts'

/** A function or method of an extension type; of a method, the value that it is called on comes first. */
export type ExtensionFunction = { readonly arity: 1 | 2; apply(first: Value, second: Value): Result }

type Kind<T> = abstract new (...parts: never[]) => T

const read = (reader: (text: string) => Value | undefined): ExtensionFunction => ({
  arity: 1,
  apply: (text) => (typeof text === 'string' ? (reader(text) ?? extensionFailed) : wrongType),
})

const of = <T>(kind: Kind<T>, apply: (value: T) => Value | undefined): ExtensionFunction => ({
  arity: 1,
  apply: (value) => (value instanceof kind ? (apply(value) ?? extensionFailed) : wrongType),
})

const ofTwo = <A, B>(first: Kind<A>, second: Kind<B>, apply: (a: A, b: B) => Value | undefined): ExtensionFunction => ({
  arity: 2,
  apply: (a, b) => (a instanceof first && b instanceof second ? (apply(a, b) ?? extensionFailed) : wrongType),
})

const ofDecimals = (compare: (left: Long, right: Long) => boolean) =>
  ofTwo(Decimal, Decimal, (left, right) => compare(left.tenThousandths, right.tenThousandths))

/** All that Cedar 4.5 has, by the name in JSON. */
export const extensionFunctions: ReadonlyMap<string, ExtensionFunction> = new Map(
  Object.entries({
    decimal: read(readDecimal),
    lessThan: ofDecimals((left, right) => left < right),
    lessThanOrEqual: ofDecimals((left, right) => left <= right),
    greaterThan: ofDecimals((left, right) => left > right),
    greaterThanOrEqual: ofDecimals((left, right) => left >= right),
    ip: read(readIp),
    isIpv4: of(IpAddress, isIpv4),
    isIpv6: of(IpAddress, (address) => !isIpv4(address)),
    isLoopback: of(IpAddress, isLoopback),
    isMulticast: of(IpAddress, isMulticast),
    isInRange: ofTwo(IpAddress, IpAddress, isInRange),
    datetime: read(readDatetime),
    offset: ofTwo(Datetime, Duration, offset),
    durationSince: ofTwo(Datetime, Datetime, durationSince),
    toDate: of(Datetime, toDate),
    toTime: of(Datetime, toTime),
    duration: read(readDuration),
    toMilliseconds: of(Duration, (duration) => duration.ms),
    toSeconds: of(Duration, (duration) => inUnits(duration, 1_000)),
    toMinutes: of(Duration, (duration) => inUnits(duration, 60_000)),
    toHours: of(Duration, (duration) => inUnits(duration, 3_600_000)),
    toDays: of(Duration, (duration) => inUnits(duration, 86_400_000)),
  }),
)
