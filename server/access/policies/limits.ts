/** What a policy file may measure (docs/specs/policy-file.md). */
export const limits = {
  /** Bytes of UTF-8. */
  text: 262_144,
  policies: 1_000,
  tests: 500,
  /** Bytes of one test's JSON. */
  test: 16_384,
  /** How long reading, validating and testing may take together. */
  studyMs: 30_000,
  /** Texts that wait to be read, in this process. */
  waiting: 8,
  /** Errors and warnings that are told; more are counted. */
  findings: 100,
  /** Versions that are kept of an organisation. */
  versions: 200,
} as const
