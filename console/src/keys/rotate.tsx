import type { ApiKey, IssuedKey, RotateKey } from '@custodia/wire/http/keys.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { OverlapWindow } from '../parts/overlap-window.tsx'
import { keyTexts } from '../texts-of-keys.ts'
import { nameOf } from './key-list.tsx'
import { keysAtQuery } from './queries.ts'

/** Gives a key a new secret, and lets the old one hold for as long as was chosen. */
export function RotateWindow(props: {
  apiKey: ApiKey
  path: string
  onClose: () => void
  onRotated: (issued: IssuedKey) => void
}) {
  const queryClient = useQueryClient()
  const { apiKey, path } = props
  const rotate = useMutation({
    mutationFn: (overlapSeconds: number) =>
      request<IssuedKey>('POST', `${path}/${encodeURIComponent(apiKey.id)}/rotate`, {
        overlapSeconds,
      } satisfies RotateKey),
    gcTime: 0,
    onSuccess: async (issued) => {
      await queryClient.invalidateQueries({ queryKey: keysAtQuery(path).queryKey })
      props.onClose()
      props.onRotated(issued)
    },
  })
  return (
    <OverlapWindow
      title={keyTexts.rotateTitle}
      description={keyTexts.rotateWhat(nameOf(apiKey))}
      label={keyTexts.overlapChoice}
      overlaps={keyTexts.overlaps}
      verb={keyTexts.rotateVerb}
      act={rotate}
      onClose={props.onClose}
    />
  )
}
