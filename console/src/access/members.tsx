import type { Group, MemberRemove } from '@custodia/wire/http/access.ts'
import type { Me } from '@custodia/wire/http/identity.ts'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { Given } from './given.tsx'
import { MemberWindow } from './member-window.tsx'
import { useNames } from './names.ts'
import { membersQuery } from './queries.ts'
import { Reasoned } from './reasoned.tsx'
import { Waits } from './waits.tsx'

type Came = 'added' | 'waits' | null

/** Who is in a group, until when, by whom and why. */
export function Members({ group, me, mayWrite }: { group: Group; me: Me; mayWrite: boolean }) {
  const members = useInfiniteQuery(membersQuery(group.id))
  const nameOf = useNames()
  const [adding, add] = useState(false)
  const [removing, remove] = useState<string | null>(null)
  const [came, setCame] = useState<Came>(null)
  const items = members.data?.pages.flatMap((page) => page.items)
  return (
    <Section title={accessTexts.groups.members}>
      {members.isPending && <Waiting rows={1} />}
      {members.error !== null && (
        <ProblemNotice problem={problemOf(members.error)} retry={() => void members.refetch()} />
      )}
      {items?.length === 0 && <p className="text-muted">{accessTexts.groups.membersNone}</p>}
      {items !== undefined && items.length > 0 && (
        <>
          <ul aria-label={accessTexts.groups.members} className="divide-y divide-line rounded-lg border border-line">
            {items.map((one) => (
              <li key={one.member} className="flex flex-wrap items-start justify-between gap-3 px-4 py-3">
                <div className="min-w-0 grow basis-48">
                  <p className="font-medium break-all">{nameOf(one.member)}</p>
                  <Given until={one.expiresAt} by={one.addedBy} reason={one.reason} nameOf={nameOf} />
                </div>
                {mayWrite && (
                  <Button
                    size="small"
                    aria-label={accessTexts.groups.removeLabel(nameOf(one.member))}
                    onClick={() => remove(one.member)}
                  >
                    {accessTexts.remove}
                  </Button>
                )}
              </li>
            ))}
          </ul>
          {members.hasNextPage && <LoadMore list={members} shown={items.length} />}
        </>
      )}
      {mayWrite && (
        <div className="mt-3 space-y-3">
          {came === 'added' && <Notice kind="good" title={accessTexts.groups.added} />}
          <Button onClick={() => add(true)}>{accessTexts.groups.add}</Button>
        </div>
      )}
      {adding && <MemberWindow group={group} me={me} onClose={() => add(false)} onDone={setCame} />}
      {came === 'waits' && <Waits onClose={() => setCame(null)} />}
      {removing !== null && (
        <RemoveMember group={group} member={removing} name={nameOf(removing)} onClose={() => remove(null)} />
      )}
    </Section>
  )
}

function RemoveMember(props: { group: Group; member: string; name: string; onClose: () => void }) {
  const { group, member, onClose } = props
  const queryClient = useQueryClient()
  const remove = useMutation({
    mutationFn: (reason: string) =>
      request('POST', `/v1/groups/${encodeURIComponent(group.id)}/members/remove`, {
        member,
        reason,
      } satisfies MemberRemove),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: membersQuery(group.id).queryKey })
      onClose()
    },
  })
  return (
    <Reasoned
      title={accessTexts.groups.removeTitle(props.name)}
      verb={accessTexts.groups.removeVerb}
      grave
      act={remove}
      onClose={onClose}
    >
      {accessTexts.groups.removeWhat(group.name)}
    </Reasoned>
  )
}
