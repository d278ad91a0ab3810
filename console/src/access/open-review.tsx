import type { Review, ReviewOpen } from '@custodia/wire/http/access.ts'
import type { Me } from '@custodia/wire/http/identity.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field, Select } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { accessTexts } from '../texts-of-access.ts'
import { allRolesQuery, groupsQuery } from './queries.ts'
import { told, wrongAt } from './told.ts'

const dayMs = 86_400_000

/** Opens a review of everything, of a role or of a group. */
export function OpenReview({ me, onClose }: { me: Me; onClose: () => void }) {
  const queryClient = useQueryClient()
  const open = useMutation({
    mutationFn: (body: ReviewOpen) => request<Review>('POST', '/v1/reviews', body),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['reviews'] })
      onClose()
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name)).trim()
    const about = text('about')
    open.mutate({
      name: text('name'),
      dueAt: new Date(Date.now() + Number(text('days')) * dayMs).toISOString(),
      undecided: text('undecided') === 'remove' ? 'remove' : 'keep',
      ...(about.startsWith('role ') && { role: about.slice(5) }),
      ...(about.startsWith('group ') && { group: about.slice(6) }),
    })
  }
  const problem = told(open.error)
  const wrong = { name: wrongAt(problem, 'name'), dueAt: wrongAt(problem, 'dueAt', ['ACCESS_EXPIRY_PAST']) }
  const { name, days, daysHint, undecided, undecidedChoices, make, makeWhat } = accessTexts.reviews
  return (
    <Window onClose={onClose} title={make} description={makeWhat}>
      <form onSubmit={submit} className="space-y-3">
        <Field label={name} name="name" required maxLength={100} autoComplete="off" error={wrong.name} />
        <About me={me} />
        <Field
          label={days}
          name="days"
          type="number"
          inputMode="numeric"
          min={1}
          max={90}
          step={1}
          defaultValue={14}
          required
          hint={daysHint}
          error={wrong.dueAt}
        />
        <Select label={undecided} name="undecided" defaultValue="keep">
          <option value="keep">{undecidedChoices.keep}</option>
          <option value="remove">{undecidedChoices.remove}</option>
        </Select>
        {problem !== null && wrong.name === null && wrong.dueAt === null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 pt-3">
          <Button onClick={onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={open.isPending}>
            {make}
          </Button>
        </div>
      </form>
    </Window>
  )
}

function About({ me }: { me: Me }) {
  const roles = useQuery({ ...allRolesQuery, enabled: me.permissions.includes('access:roles:read') })
  const groups = useQuery({ ...groupsQuery, enabled: me.permissions.includes('access:groups:read') })
  const { about, everything, ofRole, ofGroup } = accessTexts.reviews
  return (
    <Select label={about} name="about" defaultValue="">
      <option value="">{everything}</option>
      {roles.data?.map(({ name }) => (
        <option key={name} value={`role ${name}`}>
          {ofRole(name)}
        </option>
      ))}
      {groups.data?.map(({ id, name }) => (
        <option key={id} value={`group ${id}`}>
          {ofGroup(name)}
        </option>
      ))}
    </Select>
  )
}
