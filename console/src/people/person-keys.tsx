import type { User } from '@custodia/wire/http/identity.ts'
import type { ApiKey, RevokedKeys } from '@custodia/wire/http/keys.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { KeyList, nameOf } from '../keys/key-list.tsx'
import { keysOfQuery } from '../keys/queries.ts'
import { Button } from '../parts/button.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { keyTexts } from '../texts-of-keys.ts'

/** What calls in the name of somebody else. */
export function PersonKeys({ person, mayRevoke }: { person: User; mayRevoke: boolean }) {
  const keys = useQuery(keysOfQuery(person.id))
  const [asked, ask] = useState<ApiKey | 'all' | null>(null)
  const items = keys.data?.items
  return (
    <Section title={keyTexts.theirs}>
      {keys.isPending && <Waiting rows={1} />}
      {keys.error !== null && <ProblemNotice problem={problemOf(keys.error)} retry={() => void keys.refetch()} />}
      {items?.length === 0 && <p className="text-muted">{keyTexts.theirNone}</p>}
      {items !== undefined && items.length > 0 && (
        <KeyList
          keys={items}
          action={(key) =>
            mayRevoke && (
              <Button size="small" aria-label={keyTexts.revokeLabel(nameOf(key))} onClick={() => ask(key)}>
                {keyTexts.revoke}
              </Button>
            )
          }
        />
      )}
      {mayRevoke && items !== undefined && items.length > 1 && (
        <div className="mt-3">
          <Button look="grave" onClick={() => ask('all')}>
            {keyTexts.revokeTheirs}
          </Button>
        </div>
      )}
      {asked !== null && <Revoke person={person} asked={asked} count={items?.length ?? 0} onClose={() => ask(null)} />}
    </Section>
  )
}

function Revoke(props: { person: User; asked: ApiKey | 'all'; count: number; onClose: () => void }) {
  const { person, asked } = props
  const queryClient = useQueryClient()
  // How many there were when it was asked: the question must not change while it is answered.
  const [count] = useState(props.count)
  const all = `/v1/users/${encodeURIComponent(person.id)}/keys`
  const revoke = useMutation({
    mutationFn: () =>
      request<RevokedKeys | null>('DELETE', asked === 'all' ? all : `${all}/${encodeURIComponent(asked.id)}`),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keysOfQuery(person.id).queryKey })
      props.onClose()
    },
  })
  return (
    <Confirm
      onClose={props.onClose}
      title={asked === 'all' ? keyTexts.revokeTheirs : keyTexts.revokeTitle}
      verb={asked === 'all' ? keyTexts.revokeTheirs : keyTexts.revokeVerb}
      act={{ ...revoke, mutate: () => revoke.mutate() }}
    >
      {asked === 'all' ? keyTexts.revokeTheirsWhat(person.name, count) : keyTexts.revokeWhat(nameOf(asked))}
    </Confirm>
  )
}
