import type { QueryKey } from '@tanstack/react-query'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { told } from '../access/told.ts'
import { request } from '../api/request.ts'
import { Confirm } from './overlay.tsx'

/** Asks before something is deleted, and deletes it. */
export function ConfirmDelete(props: {
  /** Of what goes. */
  path: string
  /** What is asked for anew once it is gone. */
  changed: QueryKey
  title: string
  verb: string
  children: ReactNode
  onClose: () => void
  /** `onClose` unless said. */
  onGone?: () => void
}) {
  const queryClient = useQueryClient()
  const remove = useMutation({
    mutationFn: () => request('DELETE', props.path),
    onSuccess: async () => {
      const { onGone = props.onClose } = props
      onGone()
      await queryClient.invalidateQueries({ queryKey: props.changed })
    },
  })
  return (
    <Confirm
      onClose={props.onClose}
      title={props.title}
      verb={props.verb}
      act={{ isPending: remove.isPending, error: told(remove.error), mutate: () => remove.mutate() }}
    >
      {props.children}
    </Confirm>
  )
}
