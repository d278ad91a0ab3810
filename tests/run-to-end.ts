import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../tools/suite.ts'

/** What a program that has ended leaves behind. */
export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

const longestMs = 60_000
const cliScript = join(root, 'packages/cli/src/main.ts')

/** Runs a program of the house as a shell would: nothing is thrown, whatever it exits with. */
export function runToEnd(script: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    const late = setTimeout(() => child.kill('SIGKILL'), longestMs)
    const said = { out: '', err: '' }
    // As text: a character may come in two pieces.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.err += text
    })
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(late)
      resolve({ code, ...said })
    })
  })
}

/** Runs the `custodia` command. @returns its exit code and what it printed, read as JSON. */
export async function runCli(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly body: Record<string, unknown> }> {
  const { code, out, err } = await runToEnd(cliScript, [...args, '--json'], environment)
  if (!out.startsWith('{')) throw new Error(`custodia ${args.join(' ')} ended with ${code}:\n${err}${out}`)
  return { code, body: JSON.parse(out) as Record<string, unknown> }
}
