import { actorFor } from '../../platform/http/operator.ts'
import type { Author } from '../author.ts'
import { event } from '../events.ts'
import type { TestResult } from './judge.ts'
import { judge } from './judge.ts'
import type { PolicyParts } from './parts.ts'
import { nowOf } from './parts.ts'
import { markTested } from './store.ts'
import type { Study } from './study.ts'
import { requireVersion, studyText, studyVersion } from './study-version.ts'

export type Tested = { readonly study: Study; readonly results: readonly TestResult[]; readonly green: boolean }

/**
 * Validates and tests a version; a draft without errors whose tests all pass is a tested one from then on. One without a test is, too.
 *
 * @throws Refusal ACCESS_POLICY_VERSION_UNKNOWN, ACCESS_POLICY_DISAGREEMENT
 */
export async function testVersion(parts: PolicyParts, number: number, by: Author): Promise<Tested> {
  const { organisationId } = by
  const { database, recorder } = parts.context
  const version = await requireVersion(parts, organisationId, number)
  const tested = outcome(await studyVersion(parts, organisationId, version))
  if (tested.green && version.state === 'draft')
    await database.transaction(async (tx) => {
      if (!(await markTested(tx, organisationId, number, nowOf(parts)))) return
      const data = { version: number, tests: tested.results.length }
      await recorder.record(tx, event('policies.tested', { organisationId, actor: actorFor(by), data }))
    })
  return tested
}

/** The same of a text that nobody keeps. */
export async function testText(parts: PolicyParts, organisationId: string, text: string): Promise<Tested> {
  return outcome(await studyText(parts, organisationId, text))
}

function outcome(study: Study): Tested {
  const results = judge(study)
  return { study, results, green: study.errors.length === 0 && results.every(({ passed }) => passed) }
}
