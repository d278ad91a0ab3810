import { parentPort, workerData } from 'node:worker_threads'
import { PolicyFileError } from './finding.ts'
import type { Study, StudyOrder } from './study.ts'
import { study } from './study.ts'

export type Message =
  | { readonly kind: 'studied'; readonly study: Study }
  | { readonly kind: 'unreadable'; readonly message: string; readonly line: number | null }
  /** The stack or Cedar's memory ran over. */
  | { readonly kind: 'too-complex' }
  | { readonly kind: 'failed'; readonly message: string }

function answer(order: StudyOrder): Message {
  try {
    return { kind: 'studied', study: study(order) }
  } catch (error) {
    if (error instanceof PolicyFileError) return { kind: 'unreadable', message: error.message, line: error.line }
    if (error instanceof RangeError || error instanceof WebAssembly.RuntimeError) return { kind: 'too-complex' }
    return { kind: 'failed', message: error instanceof Error ? error.message : 'it failed' }
  }
}

parentPort?.postMessage(answer(workerData as StudyOrder))
