import { Problem } from './problem.ts'

/** The only header in which a proof is sent, whatever a reply names. */
const proofHeader = 'custodia-work'
let underWay: Promise<Response> | null = null

/**
 * Where a route is under attack the browser works for its request and sends it once more; the pass that comes back is a cookie. Of several
 * requests at once one works, and the others come in by its pass.
 *
 * @throws Problem as `send` does.
 */
export async function working(
  send: (headers: Readonly<Record<string, string>>) => Promise<Response>,
): Promise<Response> {
  try {
    return await send({})
  } catch (error) {
    if (!asksForWork(error)) throw error
    if (underWay === null) return await work(error.challenge, send)
  }
  await underWay.catch(() => undefined)
  try {
    return await send({})
  } catch (error) {
    if (!asksForWork(error)) throw error
    return await work(error.challenge, send)
  }
}

type Asking = Problem & { readonly challenge: string }
const asksForWork = (error: unknown): error is Asking =>
  error instanceof Problem && error.code === 'PROOF_OF_WORK_REQUIRED' && error.challenge !== null

async function work(challenge: string, send: Parameters<typeof working>[0]): Promise<Response> {
  const sending = prove(challenge).then((proof) => send({ [proofHeader]: proof }))
  underWay = sending
  try {
    return await sending
  } finally {
    if (underWay === sending) underWay = null
  }
}

async function prove(challenge: string): Promise<string> {
  const { proveWork } = await import('../entrance/prove-work.ts')
  return await proveWork(challenge)
}
