import type { TestedPolicies } from '@custodia/wire/http/policies.ts'
import type { Problem } from '../api/problem.ts'

export type Finding = TestedPolicies['errors'][number]

export const lineCount = (text: string): number => text.split('\n').length

/** Where a line begins and ends in a text. @param line 1 and up; beyond the last it is the last. */
export function rangeOfLine(text: string, line: number): readonly [start: number, end: number] {
  let start = 0
  for (let passed = 1; passed < line; passed++) {
    const next = text.indexOf('\n', start)
    if (next === -1) break
    start = next + 1
  }
  const end = text.indexOf('\n', start)
  return [start, end === -1 ? text.length : end]
}

/** The lines that something is wrong with. */
export function faultyLines({ errors, tests }: Pick<TestedPolicies, 'errors' | 'tests'>): ReadonlySet<number> {
  const failed = tests.filter(({ passed }) => !passed)
  return new Set([...errors, ...failed].flatMap(({ line }) => (line === null ? [] : [line])))
}

/** A text that can't be read at all is refused with where: that is an error like others. @returns null for other refusals. */
export function unreadable(problem: Problem): TestedPolicies | null {
  if (problem.code !== 'ACCESS_POLICY_UNREADABLE' || problem.detail === null) return null
  const [, line, message] = /^line (\d{1,7}): (.+)$/s.exec(problem.detail) ?? []
  const error: Finding = {
    policy: null,
    message: message ?? problem.detail,
    help: null,
    line: line === undefined ? null : Number(line),
  }
  return { green: false, policies: [], errors: [error], warnings: [], tests: [] }
}
