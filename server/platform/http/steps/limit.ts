import type { Told } from '../limits.ts'
import type { Exchange, Step } from '../pipeline.ts'

/** Before anybody is known: what an address may do, so that a flood never reaches what proves who somebody is. */
export const limit: Step = {
  name: 'limit',
  run(exchange, { limits }) {
    return tell(exchange, limits.arrive(exchange.route, exchange.head.address, exchange.head))
  },
}

/** Once the caller is known: what an account, a key or an organisation may do. */
export const limitCaller: Step = {
  name: 'limit caller',
  run(exchange, { limits }) {
    const { principal, route, head } = exchange
    if (principal === null) return
    return tell(exchange, limits.known(route, principal, head.address))
  },
}

function tell(exchange: Exchange, told: Told | null | Promise<Told | null>): void | Promise<void> {
  if (told instanceof Promise) return told.then((one) => tell(exchange, one))
  if (told !== null) exchange.tell(told)
}
