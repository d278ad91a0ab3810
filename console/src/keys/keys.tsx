import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { meQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { Empty, Page, Section } from '../parts/page.tsx'
import { keyTexts } from '../texts-of-keys.ts'
import type { RevokeProps } from './kept-keys.tsx'
import { KeptKeys } from './kept-keys.tsx'
import { nameOf } from './key-list.tsx'
import { NewKeyWindow } from './new-key.tsx'
import { keysAtQuery, ownKeys } from './queries.ts'

/** Which programs call in my name, and how do I end one? */
export function KeysPage() {
  const keys = useQuery(keysAtQuery(ownKeys))
  const me = useQuery(meQuery)
  const [making, make] = useState(false)
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
      <Section title={keyTexts.list}>
        <KeptKeys
          path={ownKeys}
          mayWrite
          empty={<Empty title={keyTexts.empty}>{keyTexts.emptyWhat}</Empty>}
          Revoke={Revoke}
        />
      </Section>
      {making && ready && (
        <NewKeyWindow
          path={ownKeys}
          what={keyTexts.makeWhat}
          permissions={me.data.permissions}
          maxDays={keys.data.maxDays}
          onClose={() => make(false)}
        />
      )}
    </Page>
  )
}

function Revoke({ apiKey, path, onClose, onRevoked }: RevokeProps) {
  const queryClient = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => request('DELETE', `${path}/${encodeURIComponent(apiKey.id)}`),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keysAtQuery(path).queryKey })
      onRevoked()
      onClose()
    },
  })
  return (
    <Confirm
      onClose={onClose}
      title={keyTexts.revokeTitle}
      verb={keyTexts.revokeVerb}
      act={{ ...revoke, mutate: () => revoke.mutate() }}
    >
      {keyTexts.revokeWhat(nameOf(apiKey))}
    </Confirm>
  )
}
