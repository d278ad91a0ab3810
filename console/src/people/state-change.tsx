import type { User, UserChange } from '@custodia/wire/http/identity.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { sessionsOfQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'

type Aim = 'active' | 'disabled'

/** Disables an account, or enables it again. */
export function StateChange({ person, maySeeSessions }: { person: User; maySeeSessions: boolean }) {
  // What was asked for stays what it was, also while the list behind the question already shows the new state.
  const [aim, setAim] = useState<Aim | null>(null)
  const disabled = person.state === 'disabled'
  return (
    <div className="border-t border-line pt-6">
      <Button onClick={() => setAim(disabled ? 'active' : 'disabled')} look={disabled ? 'secondary' : 'grave'}>
        {disabled ? texts.person.enable : texts.person.disable}
      </Button>
      {aim !== null && (
        <Question person={person} aim={aim} maySeeSessions={maySeeSessions} onClose={() => setAim(null)} />
      )}
    </div>
  )
}

/** Says in numbers what the change ends. */
function Question(props: { person: User; aim: Aim; maySeeSessions: boolean; onClose: () => void }) {
  const { person, aim, onClose } = props
  const queryClient = useQueryClient()
  const sessions = useQuery({ ...sessionsOfQuery(person.id), enabled: props.maySeeSessions })
  const change = useMutation({
    mutationFn: () =>
      request<User>('PATCH', `/v1/users/${encodeURIComponent(person.id)}`, { state: aim } satisfies UserChange),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['users'] })
      onClose()
    },
  })
  const act = { ...change, mutate: () => change.mutate() }
  const { enable, enableTitle, enableWhat, disable, disableTitle, disableWhat, disableKept } = texts.person
  return aim === 'active' ? (
    <Confirm onClose={onClose} title={enableTitle(person.name)} verb={enable} gentle act={act}>
      {enableWhat}
    </Confirm>
  ) : (
    <Confirm onClose={onClose} title={disableTitle(person.name)} verb={disable} act={act}>
      <p>{disableWhat(sessions.data?.items.length ?? null)}</p>
      <p className="mt-1">{disableKept}</p>
    </Confirm>
  )
}
