import type { ApiKey, IssuedKey } from '@custodia/wire/http/keys.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { keyTexts } from '../texts-of-keys.ts'
import { KeyList, nameOf } from './key-list.tsx'
import { NewKeyWindow } from './new-key.tsx'
import { keysQuery } from './queries.ts'
import { ShownOnce } from './shown-once.tsx'

/** Which programs call in my name, and how do I end one? */
export function KeysPage() {
  const keys = useQuery(keysQuery)
  const me = useQuery(meQuery)
  const [making, make] = useState(false)
  const [asked, ask] = useState<{ key: ApiKey; what: 'rotate' | 'revoke' } | null>(null)
  const [issued, show] = useState<IssuedKey | null>(null)
  const [revoked, setRevoked] = useState(false)
  const items = keys.data?.items
  const ready = keys.data !== undefined && me.data !== undefined
  return (
    <Page
      title={keyTexts.title}
      answer={items && (items.length === 0 ? keyTexts.none : keyTexts.some(items.length))}
      note={keyTexts.note}
      actions={
        <Button look="primary" disabled={!ready} onClick={() => make(true)}>
          {keyTexts.make}
        </Button>
      }
    >
      {revoked && <Notice kind="good" title={keyTexts.revoked} />}
      <Section title={keyTexts.list}>
        {keys.isPending && <Waiting rows={2} />}
        {keys.error !== null && <ProblemNotice problem={problemOf(keys.error)} retry={() => void keys.refetch()} />}
        {items?.length === 0 && <Empty title={keyTexts.empty}>{keyTexts.emptyWhat}</Empty>}
        {items !== undefined && items.length > 0 && (
          <KeyList
            keys={items}
            action={(key) => (
              <div className="flex gap-2">
                <Button
                  size="small"
                  aria-label={keyTexts.rotateLabel(nameOf(key))}
                  onClick={() => ask({ key, what: 'rotate' })}
                >
                  {keyTexts.rotate}
                </Button>
                <Button
                  size="small"
                  look="grave"
                  aria-label={keyTexts.revokeLabel(nameOf(key))}
                  onClick={() => ask({ key, what: 'revoke' })}
                >
                  {keyTexts.revoke}
                </Button>
              </div>
            )}
          />
        )}
      </Section>
      {making && ready && (
        <NewKeyWindow permissions={me.data.permissions} maxDays={keys.data.maxDays} onClose={() => make(false)} />
      )}
      {asked?.what === 'rotate' && <Rotate apiKey={asked.key} onClose={() => ask(null)} onRotated={show} />}
      {asked?.what === 'revoke' && (
        <Revoke apiKey={asked.key} onClose={() => ask(null)} onRevoked={() => setRevoked(true)} />
      )}
      {issued !== null && <ShownOnce issued={issued} onClose={() => show(null)} />}
    </Page>
  )
}

function Rotate(props: { apiKey: ApiKey; onClose: () => void; onRotated: (issued: IssuedKey) => void }) {
  const queryClient = useQueryClient()
  const { id } = props.apiKey
  const rotate = useMutation({
    mutationFn: () => request<IssuedKey>('POST', `/v1/keys/${encodeURIComponent(id)}/rotate`, {}),
    gcTime: 0,
    onSuccess: async (issued) => {
      await queryClient.invalidateQueries({ queryKey: keysQuery.queryKey })
      props.onClose()
      props.onRotated(issued)
    },
  })
  return (
    <Confirm
      onClose={props.onClose}
      title={keyTexts.rotateTitle}
      verb={keyTexts.rotateVerb}
      act={{ ...rotate, mutate: () => rotate.mutate() }}
    >
      {keyTexts.rotateWhat(nameOf(props.apiKey))}
    </Confirm>
  )
}

function Revoke(props: { apiKey: ApiKey; onClose: () => void; onRevoked: () => void }) {
  const queryClient = useQueryClient()
  const { id } = props.apiKey
  const revoke = useMutation({
    mutationFn: () => request('DELETE', `/v1/keys/${encodeURIComponent(id)}`),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keysQuery.queryKey })
      props.onRevoked()
      props.onClose()
    },
  })
  return (
    <Confirm
      onClose={props.onClose}
      title={keyTexts.revokeTitle}
      verb={keyTexts.revokeVerb}
      act={{ ...revoke, mutate: () => revoke.mutate() }}
    >
      {keyTexts.revokeWhat(nameOf(props.apiKey))}
    </Confirm>
  )
}
