import type { AssignmentRemove } from '@custodia/wire/http/access.ts'
import type { Me } from '@custodia/wire/http/identity.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { changedAssignments } from './changed-assignments.ts'
import { GiveWindow } from './give-window.tsx'
import { Given } from './given.tsx'
import { useNames } from './names.ts'
import { assignmentsOfQuery } from './queries.ts'
import { Reasoned } from './reasoned.tsx'
import { Waits } from './waits.tsx'

/** What somebody has directly: given with an expiry and a reason, and taken. @param props.subject any identifier. */
export function Assignments(props: { subject: string; name: string; me: Me; title: string }) {
  const { subject, name, me } = props
  const assignments = useQuery(assignmentsOfQuery(subject))
  const nameOf = useNames()
  const [giving, give] = useState(false)
  const [taking, take] = useState<string | null>(null)
  const [came, setCame] = useState<'given' | 'taken' | 'waits' | null>(null)
  const mayWrite = me.permissions.includes('access:assignments:write')
  const items = assignments.data
  return (
    <Section title={props.title}>
      <p className="-mt-2 mb-3 text-[13px] text-muted">{accessTexts.assignments.note}</p>
      {assignments.isPending && <Waiting rows={1} />}
      {assignments.error !== null && (
        <ProblemNotice problem={problemOf(assignments.error)} retry={() => void assignments.refetch()} />
      )}
      {items?.length === 0 && <p className="text-muted">{accessTexts.assignments.none}</p>}
      {items !== undefined && items.length > 0 && (
        <ul aria-label={props.title} className="divide-y divide-line rounded-lg border border-line">
          {items.map((one) => (
            <li key={one.role} className="flex flex-wrap items-start justify-between gap-3 px-4 py-3">
              <div className="min-w-0 grow basis-48">
                <p className="font-medium break-all">{one.role}</p>
                <Given until={one.expiresAt} by={one.assignedBy} reason={one.reason} nameOf={nameOf} />
              </div>
              {mayWrite && (
                <Button
                  size="small"
                  aria-label={accessTexts.assignments.takeLabel(one.role)}
                  onClick={() => take(one.role)}
                >
                  {accessTexts.assignments.take}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayWrite && (
        <div className="mt-3 space-y-3">
          {(came === 'given' || came === 'taken') && <Notice kind="good" title={accessTexts.assignments[came]} />}
          <Button onClick={() => give(true)}>{accessTexts.assignments.give}</Button>
        </div>
      )}
      {giving && <GiveWindow subject={subject} name={name} onClose={() => give(false)} onDone={setCame} />}
      {came === 'waits' && <Waits onClose={() => setCame(null)} />}
      {taking !== null && (
        <TakeRole
          {...{ subject, name, role: taking, own: subject === me.user.id }}
          onClose={() => take(null)}
          onTaken={() => setCame('taken')}
        />
      )}
    </Section>
  )
}

function TakeRole(props: {
  subject: string
  name: string
  role: string
  own: boolean
  onClose: () => void
  onTaken: () => void
}) {
  const { subject, role } = props
  const queryClient = useQueryClient()
  const take = useMutation({
    mutationFn: (reason: string) =>
      request('POST', '/v1/assignments/remove', { subject, role, reason } satisfies AssignmentRemove),
    async onSuccess() {
      await changedAssignments(queryClient)
      props.onTaken()
      props.onClose()
    },
  })
  return (
    <Reasoned
      title={accessTexts.assignments.takeTitle(role, props.name)}
      verb={accessTexts.assignments.takeVerb}
      grave
      act={take}
      onClose={props.onClose}
    >
      <p>{accessTexts.assignments.takeWhat}</p>
      {props.own && <p className="mt-1 font-medium text-warn">{accessTexts.assignments.takeOwn}</p>}
    </Reasoned>
  )
}
