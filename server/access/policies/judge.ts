import { refuse } from '../errors.ts'
import type { Study, TestRun } from './study.ts'

export type TestResult = {
  readonly name: string
  readonly line: number
  readonly passed: boolean
  readonly expect: 'allow' | 'deny'
  readonly decision: 'allow' | 'deny' | null
  readonly by: readonly string[]
  /** Why it did not pass; null where it did. */
  readonly problem: string | null
}

/** @throws Refusal ACCESS_POLICY_DISAGREEMENT where Cedar and the compiled form differ in anything: nobody knows then which is right. */
export function judge({ tests }: Pick<Study, 'tests'>): readonly TestResult[] {
  return tests.map((run) => {
    const { name, line, expect, reference, compiled } = run
    if (reference !== null && compiled !== null && !sameAnswer(run))
      throw refuse('ACCESS_POLICY_DISAGREEMENT', { detail: `test “${name}”` })
    const problem = problemOf(run)
    return {
      name,
      line,
      passed: problem === null,
      expect,
      decision: reference?.decision ?? null,
      by: reference?.by ?? [],
      problem,
    }
  })
}

/** @throws Refusal ACCESS_POLICY_NOT_GREEN with the first error or the first test that fails; ACCESS_POLICY_DISAGREEMENT */
export function requireGreen(study: Study): void {
  const [error] = study.errors
  if (error !== undefined) throw notGreen(`${error.policy ?? 'the file'}: ${error.message}`)
  const failed = judge(study).find(({ passed }) => !passed)
  if (failed !== undefined) throw notGreen(`test “${failed.name}”: ${failed.problem}`)
}

const notGreen = (detail: string) => refuse('ACCESS_POLICY_NOT_GREEN', { detail: detail.slice(0, 500) })

const sameAnswer = ({ reference, compiled }: TestRun): boolean => JSON.stringify(reference) === JSON.stringify(compiled)

function problemOf({ reference, problem, expect, expectedBy }: TestRun): string | null {
  if (problem !== null) return problem
  if (reference === null) return 'it was not answered'
  if (reference.errors.length > 0) return `could not be evaluated: ${reference.errors.join(', ')}`
  if (reference.decision !== expect)
    return `it is ${reference.decision === 'allow' ? 'allowed' : 'denied'}${by(reference.by)}`
  const wanted = expectedBy === null ? null : [...new Set(expectedBy)].sort()
  if (wanted !== null && JSON.stringify(wanted) !== JSON.stringify(reference.by))
    return `it is decided${by(reference.by) || ' by no policy'}`
  return null
}

const by = (ids: readonly string[]): string => (ids.length === 0 ? '' : ` by ${ids.join(', ')}`)
