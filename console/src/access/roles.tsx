import type { Role } from '@custodia/wire/http/access.ts'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { PlusIcon } from '../parts/icons.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Page, Waiting } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { allRolesQuery } from './queries.ts'
import { RoleBadges } from './role-badges.tsx'
import { RoleWindow } from './role-form.tsx'
import { RoleSheet } from './role-sheet.tsx'

const route = getRouteApi('/inside/access/roles')

/** Which roles are there, what do they allow, and who has them? */
export function RolesPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const { open } = route.useSearch()
  const navigate = route.useNavigate()
  const roles = useQuery(allRolesQuery)
  const [making, make] = useState(false)
  const items = roles.data
  const opened = items?.find(({ name }) => name === open)
  const own = items?.filter(({ from }) => from === 'organisation').length ?? 0
  return (
    <Page
      title={accessTexts.roles.title}
      answer={items && accessTexts.roles.answer(items.length, own)}
      note={accessTexts.roles.note}
      actions={
        me.permissions.includes('access:roles:write') && (
          <Button look="primary" onClick={() => make(true)}>
            <PlusIcon />
            {accessTexts.roles.make}
          </Button>
        )
      }
    >
      {roles.isPending && <Waiting rows={4} />}
      {roles.error !== null && <ProblemNotice problem={problemOf(roles.error)} retry={() => void roles.refetch()} />}
      {items !== undefined && (
        <ul aria-label={accessTexts.roles.list} className="divide-y divide-line rounded-lg border border-line">
          {items.map((role) => (
            <RoleLine key={role.name} role={role} />
          ))}
        </ul>
      )}
      {making && <RoleWindow before={null} me={me} onClose={() => make(false)} />}
      {opened !== undefined && (
        <RoleSheet
          key={opened.name}
          role={opened}
          me={me}
          onClose={() => void navigate({ search: {}, replace: true, resetScroll: false })}
        />
      )}
    </Page>
  )
}

function RoleLine({ role }: { role: Role }) {
  return (
    <li className="relative flex flex-wrap items-start justify-between gap-x-4 gap-y-1.5 px-4 py-3 hover:bg-hover">
      <div className="min-w-0 grow basis-64">
        <Link
          from="/access/roles"
          to="/access/roles"
          search={{ open: role.name }}
          resetScroll={false}
          className="font-medium break-all after:absolute after:inset-0"
        >
          {role.name}
        </Link>
        <p className="text-[13px] break-words text-muted">{role.summary}</p>
        <p className="text-[13px] break-words text-muted">
          {accessTexts.roles.permissions(role.permissions.length)}
          {role.includes.length > 0 && `, ${accessTexts.roles.includes(role.includes.join(', '))}`}
        </p>
      </div>
      <RoleBadges role={role} />
    </li>
  )
}
