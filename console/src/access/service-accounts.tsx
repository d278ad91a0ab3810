import type { ServiceAccount, ServiceAccountCreate } from '@custodia/wire/http/access.ts'
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { PlusIcon } from '../parts/icons.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Waiting } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { NamedWindow } from './named-form.tsx'
import { serviceAccountsQuery } from './queries.ts'
import { ServiceAccountSheet } from './service-account-sheet.tsx'

const route = getRouteApi('/inside/access/service-accounts')

/** Which programs act in nobody's name, and what do they have? */
export function ServiceAccountsPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const { open } = route.useSearch()
  const navigate = route.useNavigate()
  const accounts = useQuery(serviceAccountsQuery)
  const [making, make] = useState(false)
  const items = accounts.data
  const opened = items?.find(({ id }) => id === open)
  const close = () => void navigate({ search: {}, replace: true, resetScroll: false })
  return (
    <Page
      title={accessTexts.services.title}
      answer={items && accessTexts.services.answer(items.length)}
      note={accessTexts.services.note}
      actions={
        me.permissions.includes('access:service-accounts:write') && (
          <Button look="primary" onClick={() => make(true)}>
            <PlusIcon />
            {accessTexts.services.make}
          </Button>
        )
      }
    >
      {accounts.isPending && <Waiting rows={3} />}
      {accounts.error !== null && (
        <ProblemNotice problem={problemOf(accounts.error)} retry={() => void accounts.refetch()} />
      )}
      {items?.length === 0 && <Empty title={accessTexts.services.none}>{accessTexts.services.noneWhat}</Empty>}
      {items !== undefined && items.length > 0 && (
        <ul aria-label={accessTexts.services.list} className="divide-y divide-line rounded-lg border border-line">
          {items.map((account) => (
            <li key={account.id} className="relative px-4 py-3 hover:bg-hover">
              <p className="flex flex-wrap items-center gap-2">
                <Link
                  from="/access/service-accounts"
                  to="/access/service-accounts"
                  search={{ open: account.id }}
                  resetScroll={false}
                  className="min-w-0 font-medium break-words after:absolute after:inset-0"
                >
                  {account.name}
                </Link>
                {account.disabled && <Badge tone="warn">{accessTexts.services.disabled}</Badge>}
              </p>
              {account.description !== '' && (
                <p className="text-[13px] break-words text-muted">{account.description}</p>
              )}
            </li>
          ))}
        </ul>
      )}
      {making && <NewServiceAccount onClose={() => make(false)} />}
      {opened !== undefined && <ServiceAccountSheet key={opened.id} account={opened} me={me} onClose={close} />}
    </Page>
  )
}

function NewServiceAccount({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient()
  const make = useMutation({
    mutationFn: (body: ServiceAccountCreate) => request<ServiceAccount>('POST', '/v1/service-accounts', body),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: serviceAccountsQuery.queryKey })
      onClose()
    },
  })
  return (
    <NamedWindow
      title={accessTexts.services.make}
      description={accessTexts.services.makeWhat}
      act={make}
      onClose={onClose}
    />
  )
}
