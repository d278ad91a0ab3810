import type { Group, MemberAdd, MemberAdded } from '@custodia/wire/http/access.ts'
import type { Me } from '@custodia/wire/http/identity.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { accessTexts } from '../texts-of-access.ts'
import { ExpiryField } from './expiry-field.tsx'
import { membersQuery } from './queries.ts'
import { ReasonField } from './reasoned.tsx'
import type { Chosen } from './subject-field.tsx'
import { SubjectField, subjectOf } from './subject-field.tsx'
import { told, wrongAt } from './told.ts'
import { forGood, untilOf } from './until.ts'

const aboutMember = ['ACCESS_SUBJECT_UNKNOWN', 'ACCESS_CYCLE', 'ACCESS_TOO_DEEP']
const aboutExpiry = ['ACCESS_EXPIRY_PAST', 'ACCESS_EXPIRY_TOO_LATE']

/** Puts somebody in a group. @param props.onDone told whether they are in it, or whether it waits for somebody else. */
export function MemberWindow(props: {
  group: Group
  me: Me
  onClose: () => void
  onDone: (came: 'added' | 'waits') => void
}) {
  const { group, me, onClose } = props
  const queryClient = useQueryClient()
  const [chosen, choose] = useState<Chosen>({ kind: 'person', text: '' })
  const [lasting, setLasting] = useState(forGood)
  const add = useMutation({
    mutationFn: async ({ expiresAt, reason }: Pick<MemberAdd, 'reason'> & { expiresAt: string | null }) => {
      const member = await subjectOf(chosen)
      if (member === null) return null
      const body = { member, expiresAt, reason } satisfies MemberAdd
      return await request<MemberAdded>('POST', `/v1/groups/${encodeURIComponent(group.id)}/members`, body)
    },
    async onSuccess(added) {
      if (added === null) return
      await queryClient.invalidateQueries({ queryKey: membersQuery(group.id).queryKey })
      await queryClient.invalidateQueries({ queryKey: ['approvals'] })
      props.onDone(added.approval === null ? 'added' : 'waits')
      onClose()
    },
  })
  const [noTime, setNoTime] = useState(false)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const expiresAt = untilOf(lasting, Date.now())
    setNoTime(expiresAt === undefined)
    const reason = String(new FormData(event.currentTarget).get('reason')).trim()
    if (expiresAt !== undefined) add.mutate({ expiresAt, reason })
  }
  const problem = told(add.error)
  const wrong = {
    member: add.data === null ? accessTexts.subject.nobody : wrongAt(problem, 'member', aboutMember),
    expiresAt: noTime ? accessTexts.expiry.missing : wrongAt(problem, 'expiresAt', aboutExpiry),
    reason: wrongAt(problem, 'reason'),
  }
  const elsewhere = problem !== null && Object.values(wrong).every((one) => one === null)
  return (
    <Window onClose={onClose} title={accessTexts.groups.add} description={accessTexts.groups.addWhat(group.name)}>
      <form onSubmit={submit} className="space-y-3">
        <SubjectField
          permissions={me.permissions}
          except={group.id}
          value={chosen}
          onChange={(value) => {
            add.reset()
            choose(value)
          }}
          error={wrong.member}
        />
        <ExpiryField value={lasting} onChange={setLasting} error={wrong.expiresAt} />
        <ReasonField error={wrong.reason} />
        {elsewhere && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 pt-3">
          <Button onClick={onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={add.isPending}>
            {accessTexts.groups.add}
          </Button>
        </div>
      </form>
    </Window>
  )
}
