import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { Problem } from './api/problem.ts'

/** True where the session is over; a wrong password or a wrong code is also answered with 401, and is not that. */
export function needsSignIn(error: unknown): boolean {
  return error instanceof Problem && error.status === 401 && !error.code.startsWith('IDENTITY_')
}

/** A refusal stays one; only silence and a server in trouble are worth asking again, twice. */
export function shouldRetry(failures: number, error: unknown): boolean {
  return failures < 2 && error instanceof Problem && (error.status === 0 || error.status >= 502)
}

/** @param onSignedOut called when any request finds that the session is over. */
export function makeQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: unknown) => {
    if (needsSignIn(error)) onSignedOut()
  }
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 5_000 },
      // What was sent may be a password: it goes with the form that sent it.
      mutations: { gcTime: 0 },
    },
  })
}
