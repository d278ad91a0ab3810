import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endProcess, startProcess } from '../../tools/demo/processes.ts'

export type Peer = {
  readonly pid: number
  readonly port: number
  /** Asks for one round. @returns the figure of that name in the answer. */
  ask(figure: string): Promise<number>
  stop(): Promise<void>
}

/** Starts one of `bench/peers/` in a process of its own. */
export async function startPeer(name: string, args: readonly string[] = []): Promise<Peer> {
  const script = fileURLToPath(new URL(`../peers/${name}.ts`, import.meta.url))
  const { child, ready } = await startProcess(script, args, process.env, ({ port }) =>
    typeof port === 'number' ? port : null,
  )
  return {
    pid: child.pid as number,
    port: ready,
    async ask(figure) {
      child.send({})
      const [answer] = (await once(child, 'message')) as [Record<string, number>]
      return answer[figure] as number
    },
    stop: () => endProcess(child),
  }
}
