import type { Examined } from '@custodia/edge/uploads/examine.ts'
import type { UploadPolicy } from '@custodia/edge/uploads/policy.ts'

export type Uploads = {
  /** Resolves once nothing is looked at in this process. */
  idle(): Promise<void>
  /**
   * Looks at a file that whoever asks keeps, and has it scanned, as everything that is sent here is. Two at once in a process; others wait.
   *
   * @param read gives its content once it is its turn, so that what waits is not in memory.
   * @param stop ends it; what was asked is then `unsure`.
   * @returns `unsure` where no scanner is set up, or none answers. Nothing is thrown for what lies in the file.
   */
  examine(read: () => Promise<Uint8Array>, name: string, policy: UploadPolicy, stop: AbortSignal): Promise<Examined>
}
