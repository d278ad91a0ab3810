import type { Checkpoint } from '@custodia/wire/ledger/checkpoint.ts'
import { openCheckpoint } from '@custodia/wire/ledger/checkpoint.ts'
import { FormatError } from '@custodia/wire/ledger/format-error.ts'
import type { VerifierKey } from '@custodia/wire/ledger/note.ts'
import { parseVerifierKey } from '@custodia/wire/ledger/note.ts'
import type { Verification } from '@custodia/wire/ledger/verify-ledger.ts'
import { verifyLedger } from '@custodia/wire/ledger/verify-ledger.ts'
import { CommandError, exitCodes, usageError } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import type { Ledger } from './source.ts'
import { sha256 } from './source.ts'

/** The key that a person typed, or else the one that the ledger offers. */
export async function keyFor(ledger: Ledger, typed: string | undefined): Promise<VerifierKey & { text: string }> {
  const text = (typed ?? (await ledger.offeredKey())).trim()
  try {
    return { ...(await parseVerifierKey(text)), text }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    if (typed !== undefined) throw usageError(`The key to verify with is ${error.message}.`)
    throw new CommandError(exitCodes.finding, `The key that ${ledger.place} offers is ${error.message}.`)
  }
}

/** What a signed checkpoint promises. Null where it is none, or `key` did not sign it. */
export async function trustedCheckpoint(signed: string, key: VerifierKey): Promise<Checkpoint | null> {
  try {
    return await openCheckpoint(signed, key)
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}

/** Verifies a ledger from end to end, with progress for whoever watches. */
export async function verifyAll(
  ledger: Ledger,
  key: VerifierKey,
  earlier: readonly string[],
  terminal: Terminal,
): Promise<Verification> {
  const result = await verifyLedger({
    source: ledger,
    key,
    earlier,
    sha256,
    onProgress: (checked, size) => terminal.progress(`Verified ${checked} of ${size} entries`),
  })
  terminal.progress('')
  // Where the body itself was changed, its columns differ for that reason.
  const named = new Set(result.findings.map((finding) => finding.index))
  return { ...result, findings: [...result.findings, ...ledger.admitted().filter(({ index }) => !named.has(index))] }
}

const shownFindings = 20

/** Says what was found. @returns the exit code. */
export function reportVerification(
  result: Verification,
  about: { readonly ledger: Ledger; readonly key: string; readonly keySource: string },
  terminal: Terminal,
): number {
  const { findings, checkpoint, complete } = result
  const ok = findings.length === 0 && checkpoint !== null && complete
  terminal.give({
    ok,
    place: about.ledger.place,
    key: about.key,
    keySource: about.keySource,
    checkpoint:
      checkpoint === null
        ? null
        : { origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root.toBase64() },
    complete,
    findings,
  })
  if (ok) {
    terminal.say(`All ${checkpoint.size} entries of ${checkpoint.origin} are as they were signed for.`)
    return exitCodes.ok
  }
  terminal.say(`This ledger can not be trusted: ${countOf(findings.length, complete)}.`)
  for (const { kind, explanation } of findings.slice(0, shownFindings)) terminal.say(`  ${kind}: ${explanation}`)
  const rest = findings.length - shownFindings
  if (rest > 0) terminal.say(`  and ${rest} more: --json shows them.`)
  return exitCodes.finding
}

function countOf(count: number, complete: boolean): string {
  const text = count === 1 ? '1 finding' : `${count} findings`
  return complete ? text : `${text}, and the search ended there`
}
