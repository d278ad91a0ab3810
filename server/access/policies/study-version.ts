import { refuse } from '../errors.ts'
import { ownPolicies } from './own-policies.ts'
import type { PolicyParts } from './parts.ts'
import type { WholeVersionRow } from './store.ts'
import { readVersion } from './store.ts'
import type { Study } from './study.ts'

/** Reads, validates and tests a text as the organisation's, beside the built-in policies that it has now. */
export async function studyText(parts: PolicyParts, organisationId: string, text: string): Promise<Study> {
  const { schema, declared, laboratory, needs } = parts
  return await laboratory.study({ text, schema, declared, builtIn: await needs.builtIn(organisationId) })
}

/** The same of a version. @throws Error where what is stored as its compiled form is not that of its text. */
export async function studyVersion(
  parts: PolicyParts,
  organisationId: string,
  version: WholeVersionRow,
): Promise<Study> {
  const study = await studyText(parts, organisationId, version.text)
  if (JSON.stringify(ownPolicies(study.policies)) !== version.compiled)
    throw new Error(`the compiled form of version ${version.number} of ${organisationId} is not that of its text`)
  return study
}

/** @throws Refusal ACCESS_POLICY_VERSION_UNKNOWN */
export async function requireVersion(
  parts: PolicyParts,
  organisationId: string,
  number: number,
): Promise<WholeVersionRow> {
  const version = await readVersion(parts.context.database.queries, organisationId, number)
  if (version === null) throw refuse('ACCESS_POLICY_VERSION_UNKNOWN')
  return version
}
