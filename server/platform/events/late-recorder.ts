import type { Recorder } from './event.ts'

/**
 * The recorder that modules get before the ledger has started. The ledger itself stands on other modules, so they are built
 * first; none of them may record anything until `install` was called.
 */
export function lateRecorder(): Recorder & { install(recorder: Recorder): void } {
  let installed: Recorder | null = null
  const get = (): Recorder => {
    if (installed === null) throw new Error('an event was recorded before the ledger had started')
    return installed
  }
  return {
    install(recorder) {
      installed = recorder
    },
    record: (tx, event) => get().record(tx, event),
    note: (event) => get().note(event),
  }
}
