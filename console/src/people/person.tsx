import type { Me, User, UserChange } from '@custodia/wire/http/identity.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { Assignments } from '../access/assignments.tsx'
import { WholeStanding } from '../access/why-standing.tsx'
import { TheirActivity } from '../activity/their-activity.tsx'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Code } from '../parts/code.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Sheet } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { PersonKeys } from './person-keys.tsx'
import { PersonRecovery } from './person-recovery.tsx'
import { PersonSessions } from './person-sessions.tsx'
import { RoleChoice } from './role-choice.tsx'
import { StateBadge } from './state-badge.tsx'
import { StateChange } from './state-change.tsx'

/** One person beside the list: facts, roles, sessions, and the switch of the account. */
export function PersonSheet({ person, me, onClose }: { person: User; me: Me; onClose: () => void }) {
  const mayWrite = me.permissions.includes('identity:users:write')
  return (
    <Sheet onClose={onClose} title={person.name}>
      <div className="space-y-8 px-6 pt-2 pb-10">
        <div>
          <StateBadge state={person.state} />
          <dl className="mt-4 grid grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-1.5">
            <Fact name={texts.person.email}>
              <span className="break-all">{person.email}</span>
            </Fact>
            <Fact name={texts.person.lastSignIn}>
              {person.lastSignInAt === null ? texts.common.never : <Moment at={person.lastSignInAt} />}
            </Fact>
            <Fact name={texts.person.created}>
              <Moment at={person.createdAt} />
            </Fact>
            <Fact name={texts.person.id}>
              <Code text={person.id} label={texts.person.copyId} />
            </Fact>
          </dl>
          {me.permissions.includes('ledger:read') && (
            <Link
              to="/ledger"
              search={{ actor: person.id }}
              className="mt-3 inline-block font-medium text-link underline-offset-2 hover:underline"
            >
              {texts.person.activity}
            </Link>
          )}
        </div>
        {me.permissions.includes('access:assignments:read') ? (
          <>
            <Assignments subject={person.id} name={person.name} me={me} title={texts.person.roles} />
            <WholeStanding subject={person.id} mayAsk={me.permissions.includes('access:check')} />
          </>
        ) : (
          <Roles person={person} own={person.id === me.user.id} mayWrite={mayWrite} />
        )}
        {me.permissions.includes('sessions:read') && (
          <PersonSessions person={person} mayEnd={me.permissions.includes('sessions:write')} />
        )}
        {me.permissions.includes('apikeys:keys:read') && (
          <PersonKeys person={person} mayRevoke={me.permissions.includes('apikeys:keys:write')} />
        )}
        <TheirActivity person={person} me={me} />
        {mayWrite && person.id !== me.user.id && person.state === 'active' && (
          <PersonRecovery person={person} me={me} />
        )}
        {mayWrite && person.id !== me.user.id && (
          <StateChange person={person} maySeeSessions={me.permissions.includes('sessions:read')} />
        )}
      </div>
    </Sheet>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}

function Roles({ person, own, mayWrite }: { person: User; own: boolean; mayWrite: boolean }) {
  const queryClient = useQueryClient()
  const [chosen, setChosen] = useState<readonly string[]>(person.roles)
  const save = useMutation({
    mutationFn: (roles: readonly string[]) =>
      request<User>('PATCH', `/v1/users/${encodeURIComponent(person.id)}`, { roles: [...roles] } satisfies UserChange),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['users'] }),
  })
  const changed = chosen.length !== person.roles.length || chosen.some((role) => !person.roles.includes(role))
  return (
    <div className="space-y-3">
      <RoleChoice
        legend={texts.person.roles}
        held={person.roles}
        chosen={chosen}
        onChange={(roles) => {
          save.reset()
          setChosen(roles)
        }}
        disabled={!mayWrite || save.isPending}
      />
      {changed && own && <Notice kind="warn" title={texts.person.ownRoles} />}
      {save.error !== null && <ProblemNotice problem={problemOf(save.error)} />}
      {save.isSuccess && !changed && <Notice kind="good" title={texts.person.rolesSaved} />}
      {changed && (
        <Button look="primary" busy={save.isPending} onClick={() => save.mutate(chosen)}>
          {texts.person.saveRoles}
        </Button>
      )}
    </div>
  )
}
