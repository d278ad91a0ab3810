import type { Static } from 'typebox'
import { Type } from 'typebox'
import { closed, Instant, NextCursor } from './common.ts'

const OrNull = <T extends ReturnType<typeof Type.String | typeof Type.Integer>>(type: T) =>
  Type.Union([type, Type.Null()])
const Decision = Type.Union([Type.Literal('allow'), Type.Literal('deny')])
const Ids = Type.Array(Type.String())

/** 1 and up. */
export const VersionNumber = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
/** The same, and 0 for no policies at all. */
export const VersionOrNone = Type.Integer({ minimum: 0, maximum: 2_147_483_647 })
/** A policy file, docs/specs/policy-file.md. At most 262,144 bytes of UTF-8. */
const PolicyText = Type.String({ maxLength: 262_144 })
const Reason = Type.String({ minLength: 1, maxLength: 500, pattern: '^[^\\s\\p{Cc}](?:[^\\p{Cc}]*[^\\s\\p{Cc}])?$' })

/** One version of an organisation's policies. */
export const PolicyVersion = Type.Object({
  number: Type.Integer(),
  state: Type.Union([
    Type.Literal('draft'),
    Type.Literal('tested'),
    Type.Literal('shadowed'),
    Type.Literal('live'),
    Type.Literal('retired'),
  ]),
  /** SHA-256 of the text, in hexadecimal. */
  hash: Type.String(),
  policies: Type.Integer(),
  tests: Type.Integer(),
  author: Type.Object({ kind: Type.String(), id: OrNull(Type.String()) }),
  /** Why it was written. */
  reason: Type.String(),
  createdAt: Instant,
  testedAt: OrNull(Instant),
  shadowedAt: OrNull(Instant),
  /** The version that was live then; 0 for none. */
  shadowedAgainst: OrNull(Type.Integer()),
  liveAt: OrNull(Instant),
  retiredAt: OrNull(Instant),
})
export type PolicyVersion = Static<typeof PolicyVersion>

/** `GET /v1/policies?cursor=&limit=` newest first: needs `access:policies:read`. */
export const PolicyVersions = Type.Object({ items: Type.Array(PolicyVersion), next: NextCursor })
export type PolicyVersions = Static<typeof PolicyVersions>

/** What shadowing a version said: which logged decisions would be others. */
export const ShadowReport = Type.Object({
  /** The version that was live; 0 for none. */
  against: Type.Integer(),
  since: Instant,
  /** Decisions that were looked at, and those of them that could be decided again. */
  looked: Type.Integer(),
  replayed: Type.Integer(),
  toDeny: Type.Integer(),
  toAllow: Type.Integer(),
  /** By permission and deciding policies, the most frequent first, at most 100. */
  groups: Type.Array(
    Type.Object({
      action: Type.String(),
      change: Type.Union([Type.Literal('allow-to-deny'), Type.Literal('deny-to-allow')]),
      before: Ids,
      after: Ids,
      count: Type.Integer(),
      examples: Type.Array(
        Type.Object({
          id: Type.String(),
          at: Instant,
          principal: Type.Object({ kind: Type.String(), id: Type.String() }),
          resource: Type.Union([Type.Object({ type: Type.String(), id: Type.String() }), Type.Null()]),
        }),
      ),
    }),
  ),
  /** What could not be decided again, and why. */
  left: Type.Array(Type.Object({ why: Type.String(), count: Type.Integer() })),
  /** True where there are more decisions than were looked at. */
  cut: Type.Boolean(),
})
export type ShadowReport = Static<typeof ShadowReport>

/** `GET /v1/policies/:number`: needs `access:policies:read`. */
export const WholePolicyVersion = Type.Object({
  ...PolicyVersion.properties,
  text: Type.String(),
  /** Of the last time that it was shadowed. */
  shadow: Type.Union([ShadowReport, Type.Null()]),
})
export type WholePolicyVersion = Static<typeof WholePolicyVersion>

const Finding = Type.Object({
  /** Null where no policy is to blame. */
  policy: OrNull(Type.String()),
  message: Type.String(),
  help: OrNull(Type.String()),
  /** In the file, 1 and up. */
  line: OrNull(Type.Integer()),
})

/** What validating and testing said. Green: no errors, and every test passes. */
export const TestedPolicies = Type.Object({
  green: Type.Boolean(),
  policies: Type.Array(
    Type.Object({
      id: Type.String(),
      effect: Type.Union([Type.Literal('permit'), Type.Literal('forbid')]),
      /** The permissions that its scope names; null for all. */
      actions: Type.Union([Ids, Type.Null()]),
      line: Type.Integer(),
    }),
  ),
  errors: Type.Array(Finding),
  warnings: Type.Array(Finding),
  /** Empty where there are errors. */
  tests: Type.Array(
    Type.Object({
      name: Type.String(),
      line: Type.Integer(),
      passed: Type.Boolean(),
      expect: Decision,
      decision: Type.Union([Decision, Type.Null()]),
      by: Ids,
      problem: OrNull(Type.String()),
    }),
  ),
})
export type TestedPolicies = Static<typeof TestedPolicies>

/** `POST /v1/policies/test`: needs `access:policies:write`. The text is not kept. */
export const TestPolicies = Type.Object({ text: PolicyText }, closed)
export type TestPolicies = Static<typeof TestPolicies>

/** `POST /v1/policies`: needs `access:policies:write`. */
export const DraftPolicies = Type.Object({ text: PolicyText, reason: Reason }, closed)
export type DraftPolicies = Static<typeof DraftPolicies>

/** A draft may have errors: nothing is decided by it. */
export const DraftedPolicies = Type.Object({ version: PolicyVersion, findings: TestedPolicies })
export type DraftedPolicies = Static<typeof DraftedPolicies>

/** `POST /v1/policies/:number/shadow`: needs `access:policies:write`. */
export const ShadowPolicies = Type.Object({ days: Type.Integer({ minimum: 1, maximum: 400 }) }, closed)
export type ShadowPolicies = Static<typeof ShadowPolicies>

/** `POST /v1/policies/:number/activate`: needs `access:policies:activate` and a fresh proof. */
export const ActivatePolicies = Type.Object({ reason: Reason }, closed)
export type ActivatePolicies = Static<typeof ActivatePolicies>

/** `POST /v1/policies/roll-back`: needs `access:policies:activate` and a fresh proof. `instead` is the version that is live now. */
export const RollBackPolicies = Type.Object({ to: VersionOrNone, instead: VersionOrNone, reason: Reason }, closed)
export type RollBackPolicies = Static<typeof RollBackPolicies>

/** `GET /v1/policies/diff?from=&to=`: needs `access:policies:read`. Policies that differ, in the order of their ids. */
export const PolicyDiffs = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      change: Type.Union([Type.Literal('added'), Type.Literal('removed'), Type.Literal('changed')]),
      lines: Type.Array(
        Type.Object({
          change: Type.Union([Type.Literal('same'), Type.Literal('removed'), Type.Literal('added')]),
          text: Type.String(),
        }),
      ),
    }),
  ),
})
export type PolicyDiffs = Static<typeof PolicyDiffs>

/** `GET /v1/policies/schema`: needs `access:policies:read`. Cedar's JSON schema that policies are validated against. */
export const PolicySchema = Type.Object({ schema: Type.Record(Type.String(), Type.Unknown()) })
export type PolicySchema = Static<typeof PolicySchema>
