import type { Role } from '@custodia/wire/http/access.ts'
import type { Me } from '@custodia/wire/http/identity.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { Button } from '../parts/button.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Sheet } from '../parts/overlay.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { byModule } from './by-module.ts'
import { Given } from './given.tsx'
import { useNames } from './names.ts'
import { holdersQuery } from './queries.ts'
import { DeleteRole, UnmarkRole } from './role-acts.tsx'
import { RoleBadges } from './role-badges.tsx'
import { RoleWindow } from './role-form.tsx'

/** One role beside the list: what it allows, and who has it. */
export function RoleSheet({ role, me, onClose }: { role: Role; me: Me; onClose: () => void }) {
  const modules = byModule(role.permissions)
  return (
    <Sheet onClose={onClose} title={role.name}>
      <div className="space-y-8 px-6 pt-2 pb-10">
        <div className="space-y-2">
          <p className="break-words">{role.summary}</p>
          <RoleBadges role={role} />
          {role.privileged && <p className="text-[13px] text-muted">{accessTexts.roles.privilegedWhat}</p>}
          <Acts role={role} me={me} onGone={onClose} />
        </div>
        {role.includes.length > 0 && (
          <Section title={accessTexts.roles.included}>
            <p className="break-words">{role.includes.join(', ')}</p>
          </Section>
        )}
        {me.permissions.includes('access:assignments:read') && <Holders role={role.name} />}
        <Section title={accessTexts.roles.all}>
          {modules.length === 0 && <p className="text-muted">{accessTexts.roles.allNone}</p>}
          <dl className="space-y-3">
            {modules.map(({ name, permissions }) => (
              <div key={name}>
                <dt className="text-xs font-medium text-muted">{name}</dt>
                {permissions.map((permission) => (
                  <dd key={permission} className="font-mono text-[12.5px] break-all">
                    {permission}
                  </dd>
                ))}
              </div>
            ))}
          </dl>
        </Section>
      </div>
    </Sheet>
  )
}

function Acts({ role, me, onGone }: { role: Role; me: Me; onGone: () => void }) {
  const [doing, setDoing] = useState<'edit' | 'delete' | 'unmark' | null>(null)
  if (role.from === 'configuration') return <p className="text-[13px] text-muted">{accessTexts.roles.builtInWhat}</p>
  if (!me.permissions.includes('access:roles:write')) return null
  return (
    <>
      {role.marked && <p className="text-[13px] text-muted">{accessTexts.roles.markedWhat}</p>}
      <div className="flex flex-wrap gap-2 pt-1">
        {role.marked ? (
          <Button onClick={() => setDoing('unmark')}>{accessTexts.roles.unmark}</Button>
        ) : (
          <>
            <Button onClick={() => setDoing('edit')}>{accessTexts.edit}</Button>
            <Button look="grave" onClick={() => setDoing('delete')}>
              {accessTexts.roles.delete}
            </Button>
          </>
        )}
      </div>
      {doing === 'edit' && <RoleWindow before={role} me={me} onClose={() => setDoing(null)} />}
      {doing === 'delete' && <DeleteRole name={role.name} onClose={() => setDoing(null)} onGone={onGone} />}
      {doing === 'unmark' && <UnmarkRole name={role.name} onClose={() => setDoing(null)} />}
    </>
  )
}

function Holders({ role }: { role: string }) {
  const holders = useInfiniteQuery(holdersQuery(role))
  const nameOf = useNames()
  const items = holders.data?.pages.flatMap((page) => page.items)
  return (
    <Section title={accessTexts.roles.holders}>
      <p className="-mt-2 mb-3 text-[13px] text-muted">{accessTexts.roles.holdersNote}</p>
      {holders.isPending && <Waiting rows={1} />}
      {holders.error !== null && (
        <ProblemNotice problem={problemOf(holders.error)} retry={() => void holders.refetch()} />
      )}
      {items?.length === 0 && <p className="text-muted">{accessTexts.roles.holdersNone}</p>}
      {items !== undefined && items.length > 0 && (
        <>
          <ul aria-label={accessTexts.roles.holders} className="divide-y divide-line rounded-lg border border-line">
            {items.map((one) => (
              <li key={one.subject} className="px-4 py-3">
                <p className="font-medium break-all">{nameOf(one.subject)}</p>
                <Given until={one.expiresAt} by={one.assignedBy} reason={one.reason} nameOf={nameOf} />
              </li>
            ))}
          </ul>
          {holders.hasNextPage && <LoadMore list={holders} shown={items.length} />}
        </>
      )}
    </Section>
  )
}
