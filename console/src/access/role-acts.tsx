import type { Approval, RoleUnmark } from '@custodia/wire/http/access.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { ConfirmDelete } from '../parts/confirm-delete.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { Reasoned } from './reasoned.tsx'
import { Waits } from './waits.tsx'

const pathOf = (name: string) => `/v1/roles/${encodeURIComponent(name)}`

export function DeleteRole(props: { name: string; onClose: () => void; onGone: () => void }) {
  return (
    <ConfirmDelete
      path={pathOf(props.name)}
      changed={['roles']}
      title={accessTexts.roles.deleteTitle(props.name)}
      verb={accessTexts.roles.delete}
      onClose={props.onClose}
      onGone={props.onGone}
    >
      {accessTexts.roles.deleteWhat}
    </ConfirmDelete>
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
