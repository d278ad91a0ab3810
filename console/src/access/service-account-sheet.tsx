import type { ServiceAccount, ServiceAccountChange } from '@custodia/wire/http/access.ts'
import type { Me } from '@custodia/wire/http/identity.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '../api/request.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { Code } from '../parts/code.tsx'
import { ConfirmDelete } from '../parts/confirm-delete.tsx'
import { Confirm, Sheet } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { accessTexts } from '../texts-of-access.ts'
import { Assignments } from './assignments.tsx'
import { serviceAccountsQuery } from './queries.ts'
import { ServiceAccountKeys } from './service-account-keys.tsx'
import { told } from './told.ts'

/** One service account beside the list: what it has, and the switch. */
export function ServiceAccountSheet({
  account,
  me,
  onClose,
}: {
  account: ServiceAccount
  me: Me
  onClose: () => void
}) {
  const [doing, setDoing] = useState<'switch' | 'delete' | null>(null)
  const { disable, enable, disabled } = accessTexts.services
  return (
    <Sheet onClose={onClose} title={account.name}>
      <div className="space-y-8 px-6 pt-2 pb-10">
        <div className="space-y-2">
          {account.disabled && <Badge tone="warn">{disabled}</Badge>}
          {account.description !== '' && <p className="break-words">{account.description}</p>}
          <Code text={account.id} label={texts.person.copyId} />
        </div>
        {me.permissions.includes('access:assignments:read') && (
          <Assignments subject={account.id} name={account.name} me={me} title={accessTexts.assignments.title} />
        )}
        {me.permissions.includes('apikeys:keys:read') && <ServiceAccountKeys account={account} me={me} />}
        {me.permissions.includes('access:service-accounts:write') && (
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => setDoing('switch')}>{account.disabled ? enable : disable}</Button>
            <Button look="grave" onClick={() => setDoing('delete')}>
              {accessTexts.services.delete}
            </Button>
          </div>
        )}
      </div>
      {doing === 'switch' && <Switch account={account} onClose={() => setDoing(null)} />}
      {doing === 'delete' && <Delete account={account} onClose={() => setDoing(null)} onGone={onClose} />}
    </Sheet>
  )
}

const pathOf = ({ id }: ServiceAccount) => `/v1/service-accounts/${encodeURIComponent(id)}`

function Switch({ account, onClose }: { account: ServiceAccount; onClose: () => void }) {
  const queryClient = useQueryClient()
  // What it was when it was asked: the question must not change while it is answered.
  const [{ name, disabled }] = useState(account)
  const change = useMutation({
    mutationFn: () => request('PATCH', pathOf(account), { disabled: !disabled } satisfies ServiceAccountChange),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: serviceAccountsQuery.queryKey })
      onClose()
    },
  })
  const { enableTitle, enableWhat, enable, disableTitle, disableWhat, disable } = accessTexts.services
  return (
    <Confirm
      onClose={onClose}
      title={disabled ? enableTitle(name) : disableTitle(name)}
      verb={disabled ? enable : disable}
      gentle={disabled}
      act={{ isPending: change.isPending, error: told(change.error), mutate: () => change.mutate() }}
    >
      {disabled ? enableWhat : disableWhat}
    </Confirm>
  )
}

function Delete(props: { account: ServiceAccount; onClose: () => void; onGone: () => void }) {
  return (
    <ConfirmDelete
      path={pathOf(props.account)}
      changed={serviceAccountsQuery.queryKey}
      title={accessTexts.services.deleteTitle(props.account.name)}
      verb={accessTexts.services.delete}
      onClose={props.onClose}
      onGone={props.onGone}
    >
      {accessTexts.services.deleteWhat}
    </ConfirmDelete>
  )
}
