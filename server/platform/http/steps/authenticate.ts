import type { Exchange, PipelineServices, Step } from '../pipeline.ts'

/** The first authenticator that knows the caller decides; a credential that does not hold ends the request. */
export const authenticate: Step = {
  name: 'authenticate',
  run(exchange, services) {
    return ask(exchange, services, 0)
  },
}

function ask(exchange: Exchange, services: PipelineServices, index: number): void | Promise<void> {
  for (let i = index; i < services.authenticators.length; i++) {
    const answer = services.authenticators[i]?.authenticate(exchange.head) ?? null
    if (answer instanceof Promise) {
      return answer.then((principal) => {
        exchange.principal = principal
        if (principal === null) return ask(exchange, services, i + 1)
      })
    }
    exchange.principal = answer
    if (answer !== null) return
  }
}
