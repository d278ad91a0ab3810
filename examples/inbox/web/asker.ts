import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Asker } from '../sharing/reach.ts'

/** Whose request it is. The gateway writes the header, and lets through none that a client sent. */
export function askerOf({ identity, headers }: FastifyRequest): Asker {
  const address = headers['x-forwarded-for']
  return { identity, address: typeof address === 'string' && isIP(address) !== 0 ? address : null }
}
