import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { houseFindings } from './house-rules.ts'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** What one step of the tests came to. */
export type Outcome = { readonly passed: number; readonly failed: number; readonly skipped: number }

/** A step: what it is called, and how it is run. */
export type Step = { readonly name: string; run(): Promise<Outcome> }

const one = (ok: boolean): Outcome => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 })

/** A tool that passes by exiting with 0. Its output is shown where it fails. */
export function toolStep(name: string, command: string, args: readonly string[], mustMatch?: RegExp): Step {
  return {
    name,
    async run() {
      const { code, output } = await capture(command, args, {})
      const ok = code === 0 && (mustMatch === undefined || mustMatch.test(output))
      if (!ok) process.stdout.write(output)
      return one(ok)
    },
  }
}

export const houseStep: Step = {
  name: 'house rules',
  async run() {
    const findings = houseFindings(root)
    for (const { where, what } of findings) console.log(`  ${where} ${what}`)
    return one(findings.length === 0)
  },
}

export type TestOptions = {
  readonly concurrency: number
  readonly environment?: NodeJS.ProcessEnv
  /** Files to leave out, by their path. */
  readonly except?: RegExp
  /** Files to leave out, by their text. */
  readonly unless?: RegExp
}

/** Files of `node:test`, run in their own processes. */
export function testStep(name: string, patterns: readonly string[], options: TestOptions): Step {
  return {
    name,
    async run() {
      const { except = /$^/, unless = /$^/ } = options
      // In the order of the patterns: what takes longest by itself is best begun first.
      const files = patterns
        .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (path) => path.includes('node_modules') }).sort())
        .filter((file) => !except.test(file) && !unless.test(readFileSync(join(root, file), 'utf8')))
      if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 }
      const args = [
        '--test',
        '--test-reporter=spec',
        '--test-timeout=420000',
        `--test-concurrency=${options.concurrency}`,
        ...files,
      ]
      const { code, output } = await capture(process.execPath, args, options.environment ?? {})
      const count = (what: string) => Number(new RegExp(`^ℹ ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
      const failed = count('fail') + count('cancelled')
      const outcome = {
        passed: count('pass'),
        failed: failed === 0 && code !== 0 ? 1 : failed,
        skipped: count('skipped') + count('todo'),
      }
      if (outcome.failed > 0) process.stdout.write(failuresOf(output))
      for (const reason of skippedOf(output)) console.log(`  skipped: ${reason}`)
      return outcome
    },
  }
}

/** Runs the steps in turn. @returns the sum, and the names of the steps that failed. */
export async function runSteps(steps: readonly Step[]): Promise<Outcome & { readonly failures: readonly string[] }> {
  let sum: Outcome = { passed: 0, failed: 0, skipped: 0 }
  const failures: string[] = []
  for (const step of steps) {
    const start = Date.now()
    process.stdout.write(`${step.name} …\n`)
    const outcome = await step.run()
    const skipped = outcome.skipped === 0 ? '' : `, ${outcome.skipped} skipped`
    const seconds = ((Date.now() - start) / 1000).toFixed(1)
    console.log(
      `${outcome.failed === 0 ? '✔' : '✖'} ${step.name}: ${outcome.passed} passed, ${outcome.failed} failed${skipped} (${seconds} s)`,
    )
    if (outcome.failed > 0) failures.push(step.name)
    sum = {
      passed: sum.passed + outcome.passed,
      failed: sum.failed + outcome.failed,
      skipped: sum.skipped + outcome.skipped,
    }
  }
  return { ...sum, failures }
}

function capture(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], {
      cwd: root,
      env: { ...process.env, ...environment, FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const take = (chunk: Buffer) => {
      output += chunk
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', (error) => resolve({ code: 1, output: `${command}: ${error.message}\n` }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

const failuresOf = (output: string) => {
  const at = output.indexOf('✖ failing tests:')
  return at === -1 ? output.slice(-20_000) : output.slice(at, at + 30_000)
}

const skippedOf = (output: string) => [
  ...new Set(
    [...output.matchAll(/^\s*﹣ (.+?)(?: \([\d.]+ms\))?( # .+)?$/gm)].map((match) => `${match[1]}${match[2] ?? ''}`),
  ),
]
