import type { QueryClient } from '@tanstack/react-query'

/** Everything that is shown of who has what is read anew: lists of people say roles as well. */
export const changedAssignments = (queryClient: QueryClient): Promise<unknown> =>
  Promise.all(
    ['assignments', 'users', 'approvals', 'me'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })),
  )
