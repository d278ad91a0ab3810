import type { Progress } from '@custodia/wire/http/factors.ts'
import { Problem } from '../api/problem.ts'
import { request } from '../api/request.ts'

/** Signs in; where the account is being guessed at, works for the try first, and tries once more. @throws Problem */
export async function signInWith(body: { email: string; password: string }): Promise<Progress> {
  try {
    return await request<Progress>('POST', '/v1/sign-in', body)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'IDENTITY_PROOF_OF_WORK' || error.challenge === null) throw error
    const { proveWork } = await import('./prove-work.ts')
    const proofOfWork = await proveWork(error.challenge)
    return await request<Progress>('POST', '/v1/sign-in', { ...body, proofOfWork })
  }
}
