import type { Operator as Anybody } from '../platform/http/operator.ts'
import type { Principal } from '../platform/http/principal.ts'

/** Whoever has the machine and gives it commands. */
export type Operator = Anybody & {
  /** True where they said that they go without the second administrator. */
  readonly alone?: boolean
}

export type Author = Principal | Operator
