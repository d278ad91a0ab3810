import type { Duplex } from 'node:stream'

/**
 * Says a last word on a bare socket and closes it. Ending alone closes our half: a client that keeps its own half open would keep the
 * socket, too, since no timeout of the HTTP server looks at it any more.
 */
export function endSocket(socket: Duplex, text: string): void {
  socket.end(text, () => socket.destroy())
}
