import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endProcess } from '../../tools/demo/processes.ts'

export type Peer = {
  readonly pid: number
  readonly port: number
  /** Asks for one round. @returns the figure of that name in the answer. */
  ask(figure: string): Promise<number>
  /** Likewise. @returns all of its figures. */
  askAll(): Promise<Readonly<Record<string, number>>>
  stop(): Promise<void>
}

/** Starts one of `bench/peers/` in a process of its own, on Node as it comes: what keeps our server small is no business of a peer. */
export async function startPeer(name: string, args: readonly string[] = []): Promise<Peer> {
  const child = fork(fileURLToPath(new URL(`../peers/${name}.ts`, import.meta.url)), args)
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`)))
  // Once it was told to stop, nobody waits for an answer any more.
  ended.catch(() => {})
  const answer = async (): Promise<Record<string, number>> => {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [Record<string, number>]
    return message
  }
  const ask = async () => {
    child.send({})
    return await answer()
  }
  return {
    pid: child.pid as number,
    port: (await answer()).port as number,
    ask: async (figure) => (await ask())[figure] as number,
    askAll: ask,
    stop: () => endProcess(child),
  }
}
