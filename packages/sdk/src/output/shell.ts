import { execFile } from 'node:child_process'

/** A program and its arguments, apart: no shell reads them. */
export type Command = { readonly file: string; readonly args: readonly string[] }

export type Ran = { readonly stdout: string; readonly stderr: string }
export type RunOptions = { readonly cwd?: string; readonly timeoutMs?: number; readonly maxBytes?: number }

/**
 * A command in which each value is one argument, whatever is in it.
 *
 * A value that begins with `-` would be taken for an option: write `--` before it, or it is refused.
 *
 * @example await run(shell`convert ${from} -resize ${size} -- ${to}`)
 * @throws TypeError where the template has quotes, pipes, globs or what else only a shell reads; where a value is joined to other text
 * (other than after `=`), has a NUL, or would be an option; where the program itself is a value.
 */
export function shell(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | readonly string[])[]
): Command {
  const args: string[] = []
  let onlyOperands = false
  for (const [i, piece] of strings.entries()) {
    if (/[^\sA-Za-z0-9._/:=,@%+-]/.test(piece)) throw new TypeError('shell: only words and values; no shell reads this')
    const words = piece.split(/\s+/).filter((word) => word !== '')
    const joined = i > 0 && piece !== '' && !/^\s/.test(piece)
    if (joined) throw new TypeError('shell: a value is an argument by itself; leave a space after it')
    const open = i < strings.length - 1 && piece !== '' && !/\s$/.test(piece)
    const last = open ? words.pop() : undefined
    if (open && !/^--[a-z][a-z0-9-]*=$/i.test(last ?? ''))
      throw new TypeError('shell: a value is an argument by itself; leave a space before it')
    for (const word of words) {
      if (word === '--') onlyOperands = true
      args.push(word)
    }
    if (i === strings.length - 1) break
    if (args.length === 0) throw new TypeError('shell: the program is no value')
    for (const value of [values[i] as string | number | readonly string[]].flat())
      args.push(`${last ?? ''}${argument(value, onlyOperands || last !== undefined)}`)
  }
  const [file, ...rest] = args
  if (file === undefined) throw new TypeError('shell: no program')
  return { file, args: rest }
}

function argument(value: unknown, mayBeginWithDash: boolean): string {
  if (typeof value !== 'string' && typeof value !== 'number') throw new TypeError('shell: a value is text or a number')
  const text = String(value)
  if (text.includes('\u0000')) throw new TypeError('shell: a value has a NUL')
  if (text.startsWith('-') && !mayBeginWithDash)
    throw new TypeError('shell: a value begins with -, and would be an option; write -- before it')
  return text
}

/** Runs it without a shell, for 30 seconds and 1 MiB of output unless said. Rejects as `execFile` does. */
export function run({ file, args }: Command, options: RunOptions = {}): Promise<Ran> {
  const { cwd, timeoutMs = 30_000, maxBytes = 1_048_576 } = options
  return new Promise((resolve, reject) => {
    execFile(
      file,
      [...args],
      {
        shell: false,
        timeout: timeoutMs,
        maxBuffer: maxBytes,
        windowsHide: true,
        ...(cwd === undefined ? {} : { cwd }),
      },
      (error, stdout, stderr) => (error === null ? resolve({ stdout, stderr }) : reject(error)),
    )
  })
}
