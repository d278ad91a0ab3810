import type { Progress } from '@custodia/wire/http/factors.ts'
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { attemptQuery } from '../api/queries.ts'
import { loadTheme } from '../theme/theme.ts'

/** What the address of the sign-in page says of where to go afterwards. */
type Onward = { next?: string; host?: string; state?: string }

/**
 * Goes on from where a sign-in stands: where it asks for more, to its next step, which stands in the address so that a
 * reload keeps it; where it is done, to the sign-in page's own decision about where to go.
 */
export function useArrival() {
  const router = useRouter()
  const queryClient = useQueryClient()
  return async ({ attempt }: Progress, { next, host, state }: Onward) => {
    const onward = { ...(next && { next }), ...(host && { host }), ...(state && { state }) }
    // Nothing of whoever was here before may remain.
    queryClient.clear()
    // Who signs in is known now, and with them whose pages these are.
    void loadTheme(null)
    if (attempt !== null) {
      queryClient.setQueryData(attemptQuery.queryKey, attempt)
      await router.navigate({ to: '/sign-in', search: { ...onward, step: 'factor' }, replace: true })
      return
    }
    await router.navigate({ to: '/sign-in', search: onward, replace: true })
    await router.invalidate()
  }
}
