import type { Exchange, PipelineServices, Step } from '../pipeline.ts'
import type { Authenticator } from '../ports.ts'
import type { Principal } from '../principal.ts'

/** The first authenticator that knows the caller decides; a credential that does not hold ends the request. */
export const authenticate: Step = {
  name: 'authenticate',
  run(exchange, services) {
    return ask(exchange, services, 0)
  },
}

function ask(exchange: Exchange, services: PipelineServices, index: number): void | Promise<void> {
  for (let i = index; i < services.authenticators.length; i++) {
    const authenticator = services.authenticators[i] as Authenticator
    const answer = authenticator.authenticate(exchange.head)
    if (answer instanceof Promise) {
      return answer.then((principal) => {
        if (principal === null) return ask(exchange, services, i + 1)
        know(exchange, principal, authenticator)
      })
    }
    if (answer !== null) return know(exchange, answer, authenticator)
  }
}

function know(exchange: Exchange, principal: Principal, authenticator: Authenticator): void {
  exchange.principal = principal
  exchange.proof = authenticator.proof?.(exchange.head) ?? null
}
