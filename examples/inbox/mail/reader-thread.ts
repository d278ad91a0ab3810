import { parentPort } from 'node:worker_threads'
import { parseMessage } from './parse-message.ts'

// One message in, one answer out; the thread that waits for it keeps the time.
parentPort?.on('message', async (raw: Uint8Array) => {
  const parsed = await parseMessage(raw).catch(() => ({ problem: 'UNREADABLE' as const }))
  parentPort?.postMessage(parsed)
})
