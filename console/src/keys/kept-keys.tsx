import type { ApiKey, IssuedKey } from '@custodia/wire/http/keys.ts'
import { useQuery } from '@tanstack/react-query'
import type { ComponentType, ReactNode } from 'react'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { Button } from '../parts/button.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Waiting } from '../parts/page.tsx'
import { keyTexts } from '../texts-of-keys.ts'
import { KeyList, nameOf } from './key-list.tsx'
import { keysAtQuery } from './queries.ts'
import { RotateWindow } from './rotate.tsx'
import { ShownOnce } from './shown-once.tsx'

/** The question before a key is revoked. */
export type RevokeProps = { apiKey: ApiKey; path: string; onClose: () => void; onRevoked: () => void }

/**
 * Keys of one owner, for whoever may change them.
 *
 * @param props.path where they are listed; each is rotated below it.
 * @param props.mayWrite false shows them, without a button.
 */
export function KeptKeys(props: {
  path: string
  mayWrite: boolean
  empty: ReactNode
  Revoke: ComponentType<RevokeProps>
}) {
  const { path, mayWrite, Revoke } = props
  const keys = useQuery(keysAtQuery(path))
  const [asked, ask] = useState<{ key: ApiKey; what: 'rotate' | 'revoke' } | null>(null)
  const [issued, show] = useState<IssuedKey | null>(null)
  const [revoked, setRevoked] = useState(false)
  const items = keys.data?.items
  const close = () => ask(null)
  return (
    <>
      {revoked && (
        <div className="mb-3">
          <Notice kind="good" title={keyTexts.revoked} />
        </div>
      )}
      {keys.isPending && <Waiting rows={2} />}
      {keys.error !== null && <ProblemNotice problem={problemOf(keys.error)} retry={() => void keys.refetch()} />}
      {items?.length === 0 && props.empty}
      {items !== undefined && items.length > 0 && (
        <KeyList keys={items} action={(key) => mayWrite && <Acts apiKey={key} ask={(what) => ask({ key, what })} />} />
      )}
      {asked?.what === 'rotate' && <RotateWindow apiKey={asked.key} path={path} onClose={close} onRotated={show} />}
      {asked?.what === 'revoke' && (
        <Revoke apiKey={asked.key} path={path} onClose={close} onRevoked={() => setRevoked(true)} />
      )}
      {issued !== null && <ShownOnce issued={issued} onClose={() => show(null)} />}
    </>
  )
}

function Acts({ apiKey, ask }: { apiKey: ApiKey; ask: (what: 'rotate' | 'revoke') => void }) {
  const name = nameOf(apiKey)
  return (
    <div className="flex gap-2">
      <Button size="small" aria-label={keyTexts.rotateLabel(name)} onClick={() => ask('rotate')}>
        {keyTexts.rotate}
      </Button>
      <Button size="small" look="grave" aria-label={keyTexts.revokeLabel(name)} onClick={() => ask('revoke')}>
        {keyTexts.revoke}
      </Button>
    </div>
  )
}
