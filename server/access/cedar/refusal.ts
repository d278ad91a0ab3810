/** A policy that this compiler does not take. What Cedar refuses is refused here too; docs/specs/cedar-evaluation.md lists the rest. */
export class PolicyRefused extends Error {
  readonly code = 'CEDAR_POLICY_REFUSED'
  /** Null where the set itself is at fault. */
  readonly policyId: string | null
  readonly reason: string

  constructor(policyId: string | null, reason: string) {
    super(policyId === null ? `The policies are refused: ${reason}` : `Policy ${policyId} is refused: ${reason}`)
    this.name = 'PolicyRefused'
    this.policyId = policyId
    this.reason = reason
  }
}

/** A context, attribute or identifier that is no Cedar value. Its text is not repeated: it may be personal. */
export class ValueRefused extends Error {
  readonly code = 'CEDAR_VALUE_REFUSED'
  readonly reason: string

  constructor(reason: string) {
    super(`The value is refused: ${reason}`)
    this.name = 'ValueRefused'
    this.reason = reason
  }
}
