import type { Operator, Operators } from './compilation.ts'
import { comparisonOperators } from './operators-comparison.ts'
import { entityOperators } from './operators-entities.ts'
import { logicOperators } from './operators-logic.ts'
import { valueOperators } from './operators-values.ts'

/** Every operator of Cedar's JSON form, by its name there. A map, so that `constructor` is none. */
export const operators: Operators = new Map<string, Operator>(
  Object.entries({ ...valueOperators, ...logicOperators, ...comparisonOperators, ...entityOperators }),
)
