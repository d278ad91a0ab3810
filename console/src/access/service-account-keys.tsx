import type { ServiceAccount } from '@custodia/wire/http/access.ts'
import type { Me } from '@custodia/wire/http/identity.ts'
import type { RevokedKeys, RevokeKeys } from '@custodia/wire/http/keys.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '../api/request.ts'
import type { RevokeProps } from '../keys/kept-keys.tsx'
import { KeptKeys } from '../keys/kept-keys.tsx'
import { nameOf } from '../keys/key-list.tsx'
import { NewKeyWindow } from '../keys/new-key.tsx'
import { keysAtQuery, keysOfService } from '../keys/queries.ts'
import { Button } from '../parts/button.tsx'
import { Section } from '../parts/page.tsx'
import { keyTexts } from '../texts-of-keys.ts'
import { Reasoned } from './reasoned.tsx'

/** What a program calls as a service account with. */
export function ServiceAccountKeys({ account, me }: { account: ServiceAccount; me: Me }) {
  const path = keysOfService(account.id)
  const keys = useQuery(keysAtQuery(path)).data
  const [making, make] = useState(false)
  const [ending, end] = useState(false)
  const mayWrite = me.permissions.includes('apikeys:keys:write')
  return (
    <Section title={keyTexts.theirs}>
      <p className="-mt-2 mb-3 text-[13px] text-muted">
        {account.disabled ? keyTexts.serviceDisabled : keyTexts.serviceNote}
      </p>
      <KeptKeys
        path={path}
        mayWrite={mayWrite}
        empty={<p className="text-muted">{keyTexts.theirNone}</p>}
        Revoke={RevokeReasoned}
      />
      {mayWrite && (
        <div className="mt-3 flex flex-wrap gap-2">
          <Button disabled={keys === undefined} onClick={() => make(true)}>
            {keyTexts.make}
          </Button>
          {keys !== undefined && keys.items.length > 1 && (
            <Button look="grave" onClick={() => end(true)}>
              {keyTexts.revokeTheirs}
            </Button>
          )}
        </div>
      )}
      {making && keys !== undefined && (
        <NewKeyWindow
          path={path}
          what={keyTexts.serviceMakeWhat(account.name)}
          permissions={me.permissions}
          maxDays={keys.maxDays}
          onClose={() => make(false)}
        />
      )}
      {ending && <RevokeAll account={account} count={keys?.items.length ?? 0} onClose={() => end(false)} />}
    </Section>
  )
}

/** @param path of what ends; what is shown of them is read anew. */
function useRevoke(path: string, listed: string, onDone: () => void) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (reason: string) => request<RevokedKeys>('POST', `${path}/revoke`, { reason } satisfies RevokeKeys),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: keysAtQuery(listed).queryKey })
      onDone()
    },
  })
}

function RevokeReasoned({ apiKey, path, onClose, onRevoked }: RevokeProps) {
  const revoke = useRevoke(`${path}/${encodeURIComponent(apiKey.id)}`, path, () => {
    onRevoked()
    onClose()
  })
  return (
    <Reasoned title={keyTexts.revokeTitle} verb={keyTexts.revokeVerb} grave act={revoke} onClose={onClose}>
      {keyTexts.revokeWhat(nameOf(apiKey))}
    </Reasoned>
  )
}

function RevokeAll(props: { account: ServiceAccount; count: number; onClose: () => void }) {
  const path = keysOfService(props.account.id)
  const revoke = useRevoke(path, path, props.onClose)
  // How many there were when it was asked: the question must not change while it is answered.
  const [count] = useState(props.count)
  return (
    <Reasoned title={keyTexts.revokeTheirs} verb={keyTexts.revokeTheirs} grave act={revoke} onClose={props.onClose}>
      {keyTexts.revokeTheirsWhat(props.account.name, count)}
    </Reasoned>
  )
}
