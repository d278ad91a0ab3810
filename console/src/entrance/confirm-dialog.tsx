import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { registerAsker } from '../api/fresh.ts'
import { freshnessQuery, meQuery } from '../api/queries.ts'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { ConfirmForm } from './confirm-form.tsx'

/**
 * Stands ready on every page: where a request needs a fresh proof it asks in front of whatever is open, which stays as it
 * is, and the request is then sent again.
 */
export function ConfirmDialog({ email }: { email: string }) {
  const queryClient = useQueryClient()
  const [answer, setAnswer] = useState<((proven: boolean) => void) | null>(null)
  useEffect(
    () =>
      registerAsker(() => {
        const asked = Promise.withResolvers<boolean>()
        setAnswer(() => asked.resolve)
        return asked.promise
      }),
    [],
  )
  if (answer === null) return null
  const close = (proven: boolean) => {
    setAnswer(null)
    queryClient.removeQueries({ queryKey: freshnessQuery.queryKey })
    answer(proven)
  }
  return (
    <Window foremost onClose={() => close(false)} title={texts.confirm.title} description={texts.confirm.note}>
      <ConfirmForm
        email={email}
        onConfirmed={async () => {
          // The session has a new cookie and a new identifier.
          await queryClient.invalidateQueries({ queryKey: meQuery.queryKey })
          close(true)
        }}
      />
    </Window>
  )
}
