import type { Policy } from '@custodia/edge/limits/policy.ts'
import { checkPolicies } from '@custodia/edge/limits/policy.ts'
import type { FastifyReply } from 'fastify'
import type { Told } from '../../platform/http/limits.ts'

/**
 * How often what may be done in an application: a mapping of name to `{ by, burst, perSeconds, dryRun, exceeded, classes, methods, path }`. Safe methods
 * are of the class `read`, others of `write`. None unless said.
 *
 * @throws Error in words.
 */
export const checkLimits = (value: unknown, where: string): readonly Policy[] =>
  value === undefined ? [] : checkPolicies(value, where)

export function tell(reply: FastifyReply, told: Told | null | undefined): void {
  if (told !== null && told !== undefined) void reply.headers(told)
}
