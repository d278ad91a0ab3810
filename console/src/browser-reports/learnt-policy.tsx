import type { BrowserPolicy, NewBrowserPolicy } from '@custodia/wire/http/browser.ts'
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { browserTexts } from '../texts-of-browser.ts'
import { browserPolicyQuery } from './queries.ts'
import { policyOf } from './wanted.ts'

/** One application whose policy is learnt: what is live, and what would have to be allowed. */
export function LearntPolicy({ application, title }: { application: string; title: string }) {
  const policy = useQuery(browserPolicyQuery(application))
  const { data } = policy
  return (
    <Section title={browserTexts.learnt(title)}>
      {policy.isPending && <Waiting rows={2} />}
      {policy.error !== null && <ProblemNotice problem={problemOf(policy.error)} retry={() => void policy.refetch()} />}
      {data !== undefined && <Proposal key={`${data.live?.number}`} policy={data} />}
    </Section>
  )
}

function Proposal({ policy }: { policy: BrowserPolicy }) {
  const { live, before, proposal, application } = policy
  const { data: me } = useSuspenseQuery(meQuery)
  const queries = useQueryClient()
  const [unticked, setUnticked] = useState<readonly number[] | null>(null)
  const weak = proposal.lines.flatMap(({ weakens }, index) => (weakens ? [index] : []))
  const left = unticked ?? weak
  const done = () => queries.invalidateQueries({ queryKey: ['browser'] })
  const makeLive = useMutation({
    mutationFn: (body: NewBrowserPolicy) => request('POST', `/v1/browser-policies/${application}`, body),
    onSettled: done,
  })
  const rollBack = useMutation({
    mutationFn: (instead: number) => request('POST', `/v1/browser-policies/${application}/roll-back`, { instead }),
    onSettled: done,
  })
  const retire = useMutation({
    mutationFn: (number: number) => request('DELETE', `/v1/browser-policies/${application}?number=${number}`),
    onSettled: done,
  })
  const disabled = !me.permissions.includes('browser:policies:write')
  // Of what was tried before, nothing is said any more.
  const [latest = makeLive] = [makeLive, rollBack, retire].toSorted((a, b) => b.submittedAt - a.submittedAt)
  const problem = latest.error
  const submit = (event: FormEvent) => {
    event.preventDefault()
    makeLive.mutate(
      policyOf(
        live,
        proposal.lines.filter((_, index) => !left.includes(index)),
      ),
    )
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      <p className="text-muted">{stateOf(live)}</p>
      {proposal.lines.length === 0 ? (
        <p>{browserTexts.nothing}</p>
      ) : (
        <fieldset disabled={disabled || makeLive.isPending}>
          <legend className="mb-2 font-medium">{browserTexts.propose}</legend>
          <div className="divide-y divide-line rounded-lg border border-line">
            {proposal.lines.map(({ directive, source, count, weakens }, index) => (
              <label key={`${directive} ${source}`} className="flex flex-wrap items-center gap-3 px-4 py-2">
                <input
                  type="checkbox"
                  className="size-4 shrink-0 accent-accent"
                  checked={!left.includes(index)}
                  onChange={(event) =>
                    setUnticked(event.target.checked ? left.filter((one) => one !== index) : [...left, index])
                  }
                />
                <span className="min-w-0 grow basis-48 font-mono text-[12.5px] break-all">
                  {source === null ? browserTexts.dropTrustedTypes : `${directive} ${source}`}
                </span>
                {weakens && <Badge tone="warn">{browserTexts.weakens}</Badge>}
                <span className="text-[13px] text-muted">{browserTexts.count(count)}</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      {proposal.unresolved.length > 0 && (
        <div>
          <p className="text-[13px] text-muted">{browserTexts.unresolved}</p>
          <ul className="mt-1 font-mono text-[12.5px]">
            {proposal.unresolved.map(({ directive, blocked }) => (
              <li key={`${directive} ${blocked}`}>{browserTexts.blocked(blocked, directive)}</li>
            ))}
          </ul>
        </div>
      )}
      {problem !== null && <ProblemNotice problem={problemOf(problem)} />}
      <div className="flex flex-wrap gap-2">
        <Button
          type="submit"
          look="primary"
          aria-label={browserTexts.makeLiveOf(policy.title)}
          busy={makeLive.isPending}
          disabled={disabled}
        >
          {browserTexts.makeLive}
        </Button>
        {live !== null && before !== null && (
          <Button
            aria-label={browserTexts.rollBackOf(before, policy.title)}
            busy={rollBack.isPending}
            disabled={disabled}
            onClick={() => rollBack.mutate(live.number)}
          >
            {browserTexts.rollBack(before)}
          </Button>
        )}
        {live !== null && (
          <Button
            look="grave"
            aria-label={browserTexts.retireOf(policy.title)}
            busy={retire.isPending}
            disabled={disabled}
            onClick={() => retire.mutate(live.number)}
          >
            {browserTexts.retire}
          </Button>
        )}
      </div>
    </form>
  )
}

function stateOf(live: BrowserPolicy['live']): string {
  if (live === null) return browserTexts.watching
  return live.restores === null ? browserTexts.live(live.number) : browserTexts.restored(live.number, live.restores)
}
