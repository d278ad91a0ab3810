import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * What a connection of HTTP/1.1 is answered with. An answer is known as long as it is under way and no longer: held until the next one, each
 * connection's last answer, with all that hangs on it, would be carried about by every collection of garbage.
 */
const answer = Symbol('what a connection is answered with')
type Answered = Duplex & { [answer]?: ServerResponse | 'over' | 'closing' | undefined }

/** Who is told, once, that nothing more comes of an answer: it was sent, or its client went away. */
export type Waiting = { over(response: ServerResponse): void }
const waiting = Symbol('who waits for the end of an answer')
const connection = Symbol('the connection of an answer')
type Awaited = ServerResponse & { [waiting]?: Waiting; [connection]?: Answered }

/** One for each answer. */
export function awaitEnd(response: ServerResponse, one: Waiting): void {
  const awaited = response as Awaited
  awaited[waiting] = one
}

/** @returns false where the connection takes no request any more (RFC 9112 §9.6): Node would hand it over all the same. */
export function beginAnswer(request: IncomingMessage, response: ServerResponse): boolean {
  if (isHttp2(request)) {
    response.on('close', end)
    return true
  }
  const socket = request.socket as Answered
  const last = socket[answer]
  if (last === 'closing' || (typeof last === 'object' && !last.shouldKeepAlive)) return false
  socket[answer] = response
  // Neither the answer nor its request know it for good: undici takes it from a request whose body it can't pass on.
  ;(response as Awaited)[connection] = socket
  response.on('close', end)
  return true
}

function end(this: Awaited): void {
  this[waiting]?.over(this)
  const socket = this[connection]
  if (socket?.[answer] === this) socket[answer] = this.shouldKeepAlive ? 'over' : 'closing'
}

/** Nothing on its connection is a request any more. */
export function closeAfter(response: ServerResponse): void {
  const socket = (response as Awaited)[connection]
  if (socket !== undefined) socket[answer] = 'closing'
}

/** What comes on the connection is no HTTP any more. */
export function leaveHttp(socket: Duplex): void {
  ;(socket as Answered)[answer] = undefined
}

/** The last answer that was begun: itself while it is under way, what became of it afterwards, and undefined before the first. */
export const lastAnswer = (socket: Duplex): ServerResponse | 'over' | 'closing' | undefined =>
  (socket as Answered)[answer]

const isHttp2 = (request: IncomingMessage): boolean => request.httpVersionMajor === 2 && 'stream' in request
