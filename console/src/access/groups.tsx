import type { Group, GroupCreate } from '@custodia/wire/http/access.ts'
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { PlusIcon } from '../parts/icons.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Waiting } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { GroupSheet } from './group-sheet.tsx'
import { NamedWindow } from './named-form.tsx'
import { groupsQuery } from './queries.ts'

const route = getRouteApi('/inside/access/groups')

/** Which groups are there, who is in them, and what do they have? */
export function GroupsPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const { open } = route.useSearch()
  const navigate = route.useNavigate()
  const groups = useQuery(groupsQuery)
  const [making, make] = useState(false)
  const items = groups.data
  const opened = items?.find(({ id }) => id === open)
  const close = () => void navigate({ search: {}, replace: true, resetScroll: false })
  return (
    <Page
      title={accessTexts.groups.title}
      answer={items && accessTexts.groups.answer(items.length)}
      note={accessTexts.groups.note}
      actions={
        me.permissions.includes('access:groups:write') && (
          <Button look="primary" onClick={() => make(true)}>
            <PlusIcon />
            {accessTexts.groups.make}
          </Button>
        )
      }
    >
      {groups.isPending && <Waiting rows={3} />}
      {groups.error !== null && <ProblemNotice problem={problemOf(groups.error)} retry={() => void groups.refetch()} />}
      {items?.length === 0 && <Empty title={accessTexts.groups.none}>{accessTexts.groups.noneWhat}</Empty>}
      {items !== undefined && items.length > 0 && (
        <ul aria-label={accessTexts.groups.list} className="divide-y divide-line rounded-lg border border-line">
          {items.map((group) => (
            <li key={group.id} className="relative px-4 py-3 hover:bg-hover">
              <Link
                from="/access/groups"
                to="/access/groups"
                search={{ open: group.id }}
                resetScroll={false}
                className="font-medium break-words after:absolute after:inset-0"
              >
                {group.name}
              </Link>
              {group.description !== '' && <p className="text-[13px] break-words text-muted">{group.description}</p>}
            </li>
          ))}
        </ul>
      )}
      {making && <NewGroup onClose={() => make(false)} />}
      {opened !== undefined && <GroupSheet key={opened.id} group={opened} me={me} onClose={close} />}
    </Page>
  )
}

function NewGroup({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient()
  const make = useMutation({
    mutationFn: (body: GroupCreate) => request<Group>('POST', '/v1/groups', body),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: groupsQuery.queryKey })
      onClose()
    },
  })
  return (
    <NamedWindow
      title={accessTexts.groups.make}
      description={accessTexts.groups.makeWhat}
      act={make}
      onClose={onClose}
    />
  )
}
