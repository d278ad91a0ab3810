import { commands } from './commands.ts'
import { run } from './run.ts'

/** Runs one command line in this process. */
export async function custodia(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' }
  const into = (name: 'out' | 'err') => ({
    write(text: string) {
      written[name] += text
    },
  })
  const code = await run(args, commands, { out: into('out'), err: into('err'), environment, version: '9.9.9' })
  return { code, ...written }
}
