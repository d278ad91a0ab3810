/** What is wrong, or odd, in a policy file. */
export type Finding = {
  /** Null where no policy is to blame. */
  readonly policy: string | null
  readonly message: string
  readonly help: string | null
  /** 1 and up, in the whole file; null where it is not known. */
  readonly line: number | null
}

/** The file is none: nothing of it is used. */
export class PolicyFileError extends Error {
  readonly line: number | null
  constructor(message: string, line: number | null = null) {
    super(line === null ? message : `line ${line}: ${message}`)
    this.name = 'PolicyFileError'
    this.line = line
  }
}

/** @param offset in bytes of UTF-8, as Cedar counts. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (const byte of Buffer.from(text).subarray(0, offset)) if (byte === 0x0a) line++
  return line
}
