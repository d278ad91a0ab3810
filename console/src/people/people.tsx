import type { User } from '@custodia/wire/http/identity.ts'
import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery, usersQuery } from '../api/queries.ts'
import { Avatar } from '../parts/avatar.tsx'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { PlusIcon } from '../parts/icons.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Waiting } from '../parts/page.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { texts } from '../texts.ts'
import { InviteWindow } from './invite.tsx'
import { PersonSheet } from './person.tsx'
import { Recoveries } from './recoveries.tsx'
import { StateBadge } from './state-badge.tsx'

const route = getRouteApi('/inside/users')

/** Who has an account, in which state, and what may they do? */
export function People() {
  const { data: me } = useSuspenseQuery(meQuery)
  const { search = '', open } = route.useSearch()
  const navigate = route.useNavigate()
  const [inviting, setInviting] = useState(false)
  const list = useInfiniteQuery(usersQuery(search))
  const items = list.data?.pages.flatMap((page) => page.items)
  const opened = items?.find((user) => user.id === open)
  const mayWrite = me.permissions.includes('identity:users:write')
  const answer =
    items && (search === '' ? texts.people.answer(items.length, list.hasNextPage) : texts.people.found(items.length))
  return (
    <Page
      title={texts.people.title}
      answer={answer}
      actions={
        mayWrite && (
          <Button look="primary" onClick={() => setInviting(true)}>
            <PlusIcon />
            {texts.people.invite}
          </Button>
        )
      }
    >
      <Recoveries me={me} />
      <div>
        <SearchBox
          key={search}
          label={texts.people.search}
          hint={texts.people.searchHint}
          clear={texts.people.clear}
          value={search}
          onSearch={(text) => void navigate({ search: text === '' ? {} : { search: text } })}
        />
        <div className="mt-4">
          {list.isPending && <Waiting rows={6} />}
          {list.error !== null && <ProblemNotice problem={problemOf(list.error)} retry={() => void list.refetch()} />}
          {items?.length === 0 && <Nobody searched={search !== ''} />}
          {items !== undefined && items.length > 0 && (
            <>
              <PeopleTable people={items} myId={me.user.id} />
              <LoadMore list={list} shown={items.length} />
            </>
          )}
        </div>
      </div>
      {inviting && <InviteWindow onClose={() => setInviting(false)} />}
      {opened !== undefined && (
        <PersonSheet
          key={opened.id}
          person={opened}
          me={me}
          onClose={() => void navigate({ search: ({ open: _, ...rest }) => rest, replace: true, resetScroll: false })}
        />
      )}
    </Page>
  )
}

function Nobody({ searched }: { searched: boolean }) {
  return searched ? (
    <Empty title={texts.people.notFound}>{texts.people.notFoundHelp}</Empty>
  ) : (
    <Empty title={texts.people.none}>{texts.people.noneHelp}</Empty>
  )
}

const columns = 'sm:grid sm:grid-cols-[minmax(0,2.2fr)_minmax(0,7rem)_minmax(0,1.4fr)_8rem] sm:items-center sm:gap-4'

function PeopleTable({ people, myId }: { people: readonly User[]; myId: string }) {
  return (
    <div className="rounded-lg border border-line">
      <div
        aria-hidden="true"
        className={`hidden border-b border-line px-4 py-2 text-xs font-medium text-muted ${columns}`}
      >
        <span>{texts.people.name}</span>
        <span>{texts.people.state}</span>
        <span>{texts.people.roles}</span>
        <span className="text-right">{texts.people.lastSignIn}</span>
      </div>
      <ul className="divide-y divide-line">
        {people.map((user) => (
          <li key={user.id} className={`relative px-4 py-3 hover:bg-hover ${columns}`}>
            <div className="flex min-w-0 items-center gap-3">
              <Avatar name={user.name} />
              <div className="min-w-0">
                <p className="flex items-center gap-2">
                  <Link
                    from="/users"
                    to="/users"
                    search={(now) => ({ ...now, open: user.id })}
                    resetScroll={false}
                    className="truncate font-medium after:absolute after:inset-0"
                  >
                    {user.name}
                  </Link>
                  {user.id === myId && <Badge tone="accent">{texts.people.you}</Badge>}
                </p>
                <p className="truncate text-[13px] text-muted">{user.email}</p>
              </div>
            </div>
            <div className="mt-2 ml-11 flex flex-wrap gap-1.5 sm:contents">
              <div className="flex">
                <StateBadge state={user.state} />
              </div>
              <div className="flex flex-wrap gap-1.5">
                {user.roles.length === 0 && <span className="text-[13px] text-muted">{texts.people.noRoles}</span>}
                {user.roles.map((role) => (
                  <Badge key={role} tone="plain">
                    {role}
                  </Badge>
                ))}
              </div>
            </div>
            <div className="hidden text-right text-[13px] text-muted sm:block">
              {user.lastSignInAt === null ? texts.common.never : <Moment at={user.lastSignInAt} />}
            </div>
          </li>
        ))}
      </ul>
    </div>
  )
}
