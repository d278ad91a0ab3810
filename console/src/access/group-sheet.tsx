import type { Group, GroupChange } from '@custodia/wire/http/access.ts'
import type { Me } from '@custodia/wire/http/identity.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { ConfirmDelete } from '../parts/confirm-delete.tsx'
import { Sheet } from '../parts/overlay.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { Assignments } from './assignments.tsx'
import { Members } from './members.tsx'
import { NamedWindow } from './named-form.tsx'
import { groupsQuery } from './queries.ts'

const pathOf = ({ id }: Group) => `/v1/groups/${encodeURIComponent(id)}`

/** One group beside the list: who is in it, and what they have by it. */
export function GroupSheet({ group, me, onClose }: { group: Group; me: Me; onClose: () => void }) {
  const [doing, setDoing] = useState<'edit' | 'delete' | null>(null)
  const mayWrite = me.permissions.includes('access:groups:write')
  return (
    <Sheet onClose={onClose} title={group.name}>
      <div className="space-y-8 px-6 pt-2 pb-10">
        {group.description !== '' && <p className="break-words">{group.description}</p>}
        <Members group={group} me={me} mayWrite={mayWrite} />
        {me.permissions.includes('access:assignments:read') && (
          <Assignments subject={group.id} name={group.name} me={me} title={accessTexts.groups.roles} />
        )}
        {mayWrite && (
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => setDoing('edit')}>{accessTexts.edit}</Button>
            <Button look="grave" onClick={() => setDoing('delete')}>
              {accessTexts.groups.delete}
            </Button>
          </div>
        )}
      </div>
      {doing === 'edit' && <EditGroup group={group} onClose={() => setDoing(null)} />}
      {doing === 'delete' && <DeleteGroup group={group} onClose={() => setDoing(null)} onGone={onClose} />}
    </Sheet>
  )
}

function EditGroup({ group, onClose }: { group: Group; onClose: () => void }) {
  const queryClient = useQueryClient()
  const save = useMutation({
    mutationFn: (body: GroupChange) => request<Group>('PATCH', pathOf(group), body),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: groupsQuery.queryKey })
      onClose()
    },
  })
  return <NamedWindow title={accessTexts.groups.editTitle(group.name)} before={group} act={save} onClose={onClose} />
}

function DeleteGroup(props: { group: Group; onClose: () => void; onGone: () => void }) {
  return (
    <ConfirmDelete
      path={pathOf(props.group)}
      changed={groupsQuery.queryKey}
      title={accessTexts.groups.deleteTitle(props.group.name)}
      verb={accessTexts.groups.delete}
      onClose={props.onClose}
      onGone={props.onGone}
    >
      {accessTexts.groups.deleteWhat}
    </ConfirmDelete>
  )
}
