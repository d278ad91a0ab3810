import type { ApiKey, IssuedKey, RotateKey } from '@custodia/wire/http/keys.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { told } from '../access/told.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Select } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { keyTexts } from '../texts-of-keys.ts'
import { nameOf } from './key-list.tsx'
import { keysAtQuery } from './queries.ts'

const day = 86_400

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
    mutationFn: (body: RotateKey) =>
      request<IssuedKey>('POST', `${path}/${encodeURIComponent(apiKey.id)}/rotate`, body),
    gcTime: 0,
    onSuccess: async (issued) => {
      await queryClient.invalidateQueries({ queryKey: keysAtQuery(path).queryKey })
      props.onClose()
      props.onRotated(issued)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    rotate.mutate({ overlapSeconds: Number(new FormData(event.currentTarget).get('overlap')) })
  }
  const problem = told(rotate.error)
  return (
    <Window onClose={props.onClose} title={keyTexts.rotateTitle} description={keyTexts.rotateWhat(nameOf(apiKey))}>
      <form onSubmit={submit} className="space-y-4">
        <Select label={keyTexts.overlapChoice} name="overlap" defaultValue={day}>
          {[0, 3600, day, 7 * day].map((seconds) => (
            <option key={seconds} value={seconds}>
              {keyTexts.overlaps[seconds as keyof typeof keyTexts.overlaps]}
            </option>
          ))}
        </Select>
        {problem !== null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 max-sm:flex-col-reverse">
          <Button onClick={props.onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={rotate.isPending}>
            {keyTexts.rotateVerb}
          </Button>
        </div>
      </form>
    </Window>
  )
}
