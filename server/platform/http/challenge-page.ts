import { challengePage, challengePageHeaders } from '@custodia/edge/challenge/page.ts'
import type { FastifyReply } from 'fastify'
import { isRefusal } from '../errors.ts'

/**
 * What a person sees where a program would get the challenge.
 *
 * @returns null where the error asks for no work.
 */
export function sendChallengePage(error: unknown, requestId: string, reply: FastifyReply): FastifyReply | null {
  if (!isRefusal(error, 'PROOF_OF_WORK_REQUIRED')) return null
  const { challenge, proofHeader, retryAfterSeconds } = error.details
  const page = challengePage({
    challenge: String(challenge),
    proofHeader: String(proofHeader),
    retryAfterSeconds: Number(retryAfterSeconds),
    note: `${error.code} · ${requestId}`,
  })
  return reply.headers(challengePageHeaders).send(page)
}
