/** What a set of policies, and a value given to it, may measure. What is larger is refused by name, never cut. */
export const limits = {
  /** Policies after linking, and templates. */
  policies: 20_000,
  /** Expressions in one policy; every element of a literal counts. */
  expressionsOfPolicy: 10_000,
  /** Expressions in the whole set. */
  expressions: 1_000_000,
  /** Levels of expressions in one another; a chain of `&&` or `||` is one level, however long. */
  expressionDepth: 100,
  /** Levels of records and sets in one another, in a literal, a context or an attribute. */
  valueDepth: 32,
  /** Values in one context or record of attributes, counted through all levels. */
  values: 20_000,
  /** UTF-16 code units in one text: identifiers, names, literals, patterns and texts of a context. */
  textLength: 65_536,
  /** Attributes and memberships that a decision remembers, so that no policy asks for them twice. */
  slots: 512,
  /** Combinations of action and types whose candidates are remembered. */
  buckets: 4_096,
} as const
