import type { EntryProof, LedgerEntry } from '@custodia/wire/http/ledger.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { problemOf } from '../api/problem.ts'
import { verifierQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Code } from '../parts/code.tsx'
import { ShieldIcon } from '../parts/icons.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'
import { FindingLine, verdictLooks } from './finding-line.tsx'
import { PathPicture } from './path-picture.tsx'
import { recall, remember } from './remembered.ts'
import { askConsistency } from './use-head.ts'
import type { EntryCheck } from './verify-entry.ts'
import { verifyEntry } from './verify-entry.ts'

/** Checks one entry in this browser, and shows each step with its hashes. */
export function Proof({ entry }: { entry: LedgerEntry }) {
  const queryClient = useQueryClient()
  const check = useMutation({
    mutationFn: async (index: number) => {
      const [proof, verifier] = await Promise.all([
        request<EntryProof>('GET', `/v1/ledger/entries/${index}/proof`),
        queryClient.fetchQuery(verifierQuery),
      ])
      const remembered = recall(window.localStorage)
      const result = await verifyEntry(entry, proof, verifier.key, remembered, askConsistency)
      // What proved nothing is not worth remembering.
      if (result.verdict !== 'fails' && result.head.keep !== null) {
        remember(window.localStorage, { ...result.head.keep, seenAt: new Date().toISOString() })
      }
      return { result, origin: verifier.origin, index }
    },
  })
  if (entry.index === null) return <p className="text-muted">{texts.ledger.verifyPending}</p>
  const { index } = entry
  return (
    <div className="space-y-5">
      <Button busy={check.isPending} onClick={() => check.mutate(index)}>
        <ShieldIcon />
        {check.isSuccess ? texts.ledger.verifyAgain : texts.ledger.verify}
      </Button>
      {check.error !== null && <ProblemNotice problem={problemOf(check.error)} />}
      {check.data !== undefined && <Result {...check.data} />}
    </div>
  )
}

function Result({ result, origin, index }: { result: EntryCheck; origin: string; index: number }) {
  const { Icon, soft } = verdictLooks[result.verdict]
  const { head, rungs, leaf } = result
  const computed = rungs === null ? null : (rungs.at(-1)?.parent ?? leaf)
  return (
    <div>
      <p role="status" className={`flex items-center gap-2.5 rounded-md px-3.5 py-2.5 font-medium ${soft}`}>
        <Icon />
        {texts.ledger.verdicts[result.verdict]}
      </p>
      <div className="mt-5 grid gap-x-10 gap-y-6 lg:grid-cols-[minmax(0,1fr)_340px]">
        <ol>
          <FindingLine code={result.same}>
            <Figure name={texts.ledger.leaf} bytes={leaf} />
          </FindingLine>
          <FindingLine code={result.path}>
            {computed !== null && <Figure name={texts.ledger.computedRoot} bytes={computed} />}
            {head.checkpoint !== null && <Figure name={texts.ledger.root} bytes={head.checkpoint.root} />}
            {rungs !== null && <PathWords result={result} />}
          </FindingLine>
          <FindingLine code={head.signature}>
            <Fact name={texts.ledger.signer}>{origin}</Fact>
            {head.checkpoint !== null && <Fact name={texts.ledger.treeSize}>{head.checkpoint.size}</Fact>}
          </FindingLine>
          {head.history !== null && (
            <FindingLine code={head.history}>
              {head.before !== null && <Fact name={texts.ledger.remembered}>{head.before.size}</Fact>}
            </FindingLine>
          )}
        </ol>
        {rungs !== null && head.checkpoint !== null && (
          <div>
            <PathPicture leaf={leaf} rungs={rungs} index={index} size={head.checkpoint.size} />
          </div>
        )}
      </div>
    </div>
  )
}

function PathWords({ result }: { result: EntryCheck }) {
  const { rungs } = result
  if (rungs === null || rungs.length === 0)
    return <p className="mt-2 text-[13px] text-muted">{texts.ledger.pathNone}</p>
  return (
    <details className="mt-2">
      <summary className="w-fit text-[13px] font-medium text-link">{texts.ledger.pathWords}</summary>
      <ol className="mt-2 space-y-2 text-[13px]">
        {rungs.map(({ side, first, last, parent }) => (
          <li key={`${first}-${last}`}>
            <span className="text-muted">{texts.ledger.pathStep(side, first, last)}</span>
            <br />
            <Code text={parent.toHex()} label={texts.ledger.copy} />
          </li>
        ))}
      </ol>
    </details>
  )
}

function Figure({ name, bytes }: { name: string; bytes: Uint8Array }) {
  return (
    <Fact name={name}>
      <Code text={bytes.toHex()} label={texts.ledger.copy} />
    </Fact>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <p className="flex gap-3 text-[13px] max-sm:flex-col max-sm:gap-0">
      <span className="w-28 shrink-0 py-0.5 text-muted">{name}</span>
      <span className="min-w-0 py-0.5">{children}</span>
    </p>
  )
}
