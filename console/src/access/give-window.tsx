import type { AssignmentCreate, AssignmentGiven } from '@custodia/wire/http/access.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useId, useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Select } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { accessTexts } from '../texts-of-access.ts'
import { changedAssignments } from './changed-assignments.ts'
import { ExpiryField } from './expiry-field.tsx'
import { allRolesQuery } from './queries.ts'
import { ReasonField } from './reasoned.tsx'
import { told, wrongAt } from './told.ts'
import { forGood, untilOf } from './until.ts'

const aboutExpiry = ['ACCESS_EXPIRY_PAST', 'ACCESS_EXPIRY_TOO_LATE']
const aboutRole = ['ACCESS_ROLE_UNKNOWN', 'ACCESS_NOT_YOURS_TO_GIVE']

/** Gives somebody a role. @param props.onDone told whether they have it, or whether it waits for somebody else. */
export function GiveWindow(props: {
  subject: string
  name: string
  onClose: () => void
  onDone: (came: 'given' | 'waits') => void
}) {
  const { subject, onClose } = props
  const queryClient = useQueryClient()
  const roles = useQuery(allRolesQuery)
  const [role, setRole] = useState('')
  const noteId = useId()
  const [lasting, setLasting] = useState(forGood)
  const [noTime, setNoTime] = useState(false)
  const give = useMutation({
    mutationFn: (body: AssignmentCreate) => request<AssignmentGiven>('POST', '/v1/assignments', body),
    async onSuccess(given) {
      await changedAssignments(queryClient)
      props.onDone(given.approval === null ? 'given' : 'waits')
      onClose()
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const expiresAt = untilOf(lasting, Date.now())
    setNoTime(expiresAt === undefined)
    const reason = String(new FormData(event.currentTarget).get('reason')).trim()
    if (expiresAt !== undefined) give.mutate({ subject, role, expiresAt, reason })
  }
  const problem = told(give.error)
  const wrong = {
    role: wrongAt(problem, 'role', aboutRole),
    expiresAt: noTime ? accessTexts.expiry.missing : wrongAt(problem, 'expiresAt', aboutExpiry),
    reason: wrongAt(problem, 'reason'),
  }
  const elsewhere = problem !== null && Object.values(wrong).every((one) => one === null)
  const chosen = roles.data?.find(({ name }) => name === role)
  return (
    <Window onClose={onClose} title={accessTexts.assignments.giveTitle(props.name)}>
      <form onSubmit={submit} className="space-y-3">
        <div>
          <Select
            label={accessTexts.assignments.role}
            required
            value={role}
            aria-invalid={wrong.role !== null}
            aria-describedby={noteId}
            onChange={(event) => setRole(event.target.value)}
          >
            <option value="">{accessTexts.subject.choose}</option>
            {roles.data?.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </Select>
          <div id={noteId} className="mt-1 min-h-5 text-[13px] text-muted" aria-live="polite">
            {wrong.role !== null ? <p className="text-bad">{wrong.role}</p> : <p>{chosen?.summary}</p>}
            {chosen?.privileged === true && <p>{accessTexts.roles.privilegedWhat}</p>}
          </div>
        </div>
        {roles.error !== null && <ProblemNotice problem={problemOf(roles.error)} retry={() => void roles.refetch()} />}
        <ExpiryField value={lasting} onChange={setLasting} error={wrong.expiresAt} />
        <ReasonField error={wrong.reason} />
        {elsewhere && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 pt-3">
          <Button onClick={onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={give.isPending}>
            {accessTexts.assignments.give}
          </Button>
        </div>
      </form>
    </Window>
  )
}
