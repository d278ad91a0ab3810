import { texts } from '../texts.ts'
import type { HeadCheck } from './check-head.ts'
import type { Verdict } from './finding.ts'
import { overall } from './finding.ts'

/** The answer to 'is the record whole?', in a sentence. */
export function headAnswer(head: HeadCheck): { verdict: Verdict; sentence: string } {
  const verdict = overall([head.signature, ...(head.history === null ? [] : [head.history])])
  const { ledger } = texts
  if (verdict === 'unknown') return { verdict, sentence: ledger.unknown }
  if (verdict === 'fails')
    return { verdict, sentence: head.signature === 'not-signed' ? ledger.unsigned : ledger.broken }
  const size = head.checkpoint?.size ?? 0
  return { verdict, sentence: head.history === 'first-seen' ? ledger.first(size) : ledger.whole(size) }
}
