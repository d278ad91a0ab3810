import type { Progress } from '@custodia/wire/http/factors.ts'
import { useMutation } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { useArrival } from './use-arrival.ts'

/** A form that signs in when it succeeds: sends its fields with the token, then goes on in place of itself. */
export function useEntry(
  path: '/v1/setup' | '/v1/invitations/accept' | '/v1/recovery/complete',
  token: string,
  fields: readonly string[],
) {
  const arrive = useArrival()
  const entry = useMutation({
    mutationFn: (values: Record<string, string>) => request<Progress>('POST', path, { token, ...values }),
    onSuccess: (progress) => arrive(progress, {}),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    // A password is sent as it was typed; of everything else the space around it goes.
    const value = (name: string) => (name === 'password' ? String(form.get(name)) : String(form.get(name)).trim())
    entry.mutate(Object.fromEntries(fields.map((name) => [name, value(name)])))
  }
  const problem = entry.error === null ? null : problemOf(entry.error)
  return {
    submit,
    busy: entry.isPending || entry.isSuccess,
    errorOf: (name: string) => fieldError(problem, name),
    /** What belongs to no field. */
    problem: fields.some((name) => fieldError(problem, name) !== null) ? null : problem,
  }
}
