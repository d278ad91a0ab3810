import type { Refusal } from '../../errors.ts'
import { refuseRequest } from '../errors.ts'
import type { Exchange, PipelineServices, Step } from '../pipeline.ts'
import type { Decision } from '../ports.ts'

/** Asks the one decision function for the permission that the route names. */
export const authorise: Step = {
  name: 'authorise',
  run(exchange, services) {
    const { who } = exchange.route
    if (who === 'anyone') return
    const { principal } = exchange
    if (principal === null) throw whyNobody(exchange, services) ?? refuseRequest('AUTHENTICATION_REQUIRED')
    if (who === 'signed-in') {
      if (principal.kind !== 'user')
        throw refuseRequest('ACCESS_DENIED', { detail: 'only for a person who is signed in' })
      return
    }
    const decision = services.authorizer.decide(principal, who.permission, exchange.head)
    if (decision instanceof Promise) return decision.then((one) => enforce(one, exchange, services, who.permission))
    enforce(decision, exchange, services, who.permission)
  },
}

function whyNobody({ head }: Exchange, { authenticators }: PipelineServices): Refusal | null {
  for (const { whyNobody } of authenticators) {
    const why = whyNobody?.(head) ?? null
    if (why !== null) return why
  }
  return null
}

function enforce(decision: Decision, exchange: Exchange, services: PipelineServices, permission: string): void {
  if (decision.allowed) return
  services.onDenied(exchange, permission, decision.policies)
  throw refuseRequest('ACCESS_DENIED', { permission })
}
