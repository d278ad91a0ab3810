import type { Approval, RoleUnmark } from '@custodia/wire/http/access.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { Confirm } from '../parts/overlay.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { Reasoned } from './reasoned.tsx'
import { told } from './told.ts'
import { Waits } from './waits.tsx'

const pathOf = (name: string) => `/v1/roles/${encodeURIComponent(name)}`

export function DeleteRole(props: { name: string; onClose: () => void; onGone: () => void }) {
  const queryClient = useQueryClient()
  const remove = useMutation({
    mutationFn: () => request('DELETE', pathOf(props.name)),
    onSuccess: async () => {
      props.onGone()
      await queryClient.invalidateQueries({ queryKey: ['roles'] })
    },
  })
  return (
    <Confirm
      onClose={props.onClose}
      title={accessTexts.roles.deleteTitle(props.name)}
      verb={accessTexts.roles.delete}
      act={{ isPending: remove.isPending, error: told(remove.error), mutate: () => remove.mutate() }}
    >
      {accessTexts.roles.deleteWhat}
    </Confirm>
  )
}

/** Asks a second administrator to take the mark. */
export function UnmarkRole({ name, onClose }: { name: string; onClose: () => void }) {
  const queryClient = useQueryClient()
  const ask = useMutation({
    mutationFn: (reason: string) =>
      request<Approval>('POST', `${pathOf(name)}/unmark`, { reason } satisfies RoleUnmark),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['approvals'] }),
  })
  if (ask.isSuccess) return <Waits onClose={onClose} />
  return (
    <Reasoned title={accessTexts.roles.unmarkTitle(name)} verb={accessTexts.roles.unmark} act={ask} onClose={onClose}>
      {accessTexts.roles.unmarkWhat}
    </Reasoned>
  )
}
