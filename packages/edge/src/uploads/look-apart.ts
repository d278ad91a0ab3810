import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { safeFileName } from './file-name.ts'
import type { Finding, Flag, RefusalReason } from './finding.ts'
import { NotTaken, refusals } from './finding.ts'
import type { KindName } from './kinds.ts'
import { kinds } from './kinds.ts'
import type { UploadPolicy } from './policy.ts'
import { promised } from './promised.ts'

export type Bounds = {
  readonly timeoutSeconds: number
  /** Of the whole process, native code included; looked at every 20 ms, where the system says it (Linux). */
  readonly maxMemoryBytes: number
}

export const usualBounds: Bounds = { timeoutSeconds: 30, maxMemoryBytes: 805_306_368 }

export type Task = { readonly bytes: Uint8Array; readonly name: string; readonly policy: UploadPolicy }

const pageBytes = 4_096
const heapMegabytes = 256
// As sources it is a .ts, as a published package a .js.
const program = fileURLToPath(new URL(`./look-process${import.meta.url.slice(-3)}`, import.meta.url))

/**
 * Looks at a file in a process of its own, which has nothing to give: an empty environment, no network, no file to write, and to read
 * only its own code. What decodes images and unpacks archives is native code that reads what strangers sent; were it taken over, it
 * would be there and not where keys are. One process a file, so that nothing is left for the next.
 *
 * A process that is gone without a word may have been ended by a signal to all of a terminal or a service, or for want of memory: the
 * file is looked at once more. One that ends two of them is not taken.
 *
 * @param stop ends it; the finding is then `looking-failed`.
 * @returns never throws for anything that lies in the file.
 * @throws Error where no process can be started: it says nothing about the file.
 */
export async function lookApart(task: Task, bounds: Bounds = usualBounds, stop?: AbortSignal): Promise<Finding> {
  try {
    promised(task.bytes.length, task.name, task.policy)
  } catch (error) {
    return { taken: false, reason: error instanceof NotTaken ? error.reason : 'looking-failed' }
  }
  // The time is given to the file, and not to each process.
  const untilMs = performance.now() + bounds.timeoutSeconds * 1_000
  return (await lookOnce(task, bounds, untilMs, stop)) ?? (await lookOnce(task, bounds, untilMs, stop)) ?? broken
}

/** @returns null where the process was gone without a word, and nobody here had ended it. */
async function lookOnce(
  task: Task,
  { maxMemoryBytes }: Bounds,
  untilMs: number,
  stop: AbortSignal | undefined,
): Promise<Finding | null> {
  if (stop?.aborted) return broken
  const child = fork(program, [], {
    execArgv: [
      '--permission',
      '--allow-addons',
      ...readable().map((folder) => `--allow-fs-read=${folder}`),
      `--max-old-space-size=${heapMegabytes}`,
      '--no-warnings',
    ],
    env: {},
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  // None could be started: the system has none to give now.
  if (child.pid === undefined) throw (await once(child, 'error'))[0]
  let ending: Finding | null = null
  const end = (reason: RefusalReason) => {
    ending ??= { taken: false, reason }
    child.kill('SIGKILL')
  }
  const late = setTimeout(() => end('too-slow'), Math.max(1, untilMs - performance.now()))
  const watch = setInterval(() => {
    if (residentBytes(child) > maxMemoryBytes) end('too-much-memory')
  }, 20)
  const stopped = () => end('looking-failed')
  stop?.addEventListener('abort', stopped)
  try {
    return await new Promise<Finding | null>((resolve) => {
      child.once('message', (said) => resolve(believe(said, task)))
      child.once('error', () => resolve(ending))
      child.once('exit', () => resolve(ending))
      // Where it can't be told, it is gone or going: its end is waited for.
      child.send(task, (error) => error !== null && child.kill('SIGKILL'))
    })
  } finally {
    clearTimeout(late)
    clearInterval(watch)
    stop?.removeEventListener('abort', stopped)
    child.kill('SIGKILL')
  }
}

let folders: readonly string[] | null = null

/** Its own package, and where packages are looked for from here. */
function readable(): readonly string[] {
  folders ??= [
    `${fileURLToPath(new URL('../../', import.meta.url))}*`,
    ...(createRequire(import.meta.url).resolve.paths('sharp') ?? [])
      .filter((folder) => folder.endsWith('node_modules'))
      .map((folder) => `${folder}/*`),
  ]
  return folders
}

function residentBytes({ pid }: ChildProcess): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * pageBytes
  } catch {
    return 0
  }
}

const flags: readonly Flag[] = ['active', 'formula']
const broken: Finding = { taken: false, reason: 'looking-failed' }

/** What it says is held to what it may say: it may have been taken over by what it looked at. */
function believe(said: unknown, { name: given, policy }: Task): Finding {
  if (typeof said !== 'object' || said === null) return broken
  const { taken, reason, kind, name, flags: flagged, remade } = said as Record<string, unknown>
  if (taken === false)
    return typeof reason === 'string' && Object.hasOwn(refusals, reason)
      ? { taken, reason: reason as RefusalReason }
      : broken
  if (taken !== true || typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) return broken
  const known = kinds[kind as KindName]
  const safe = typeof name === 'string' ? safeFileName(name) : null
  const stem = safeFileName(given)?.name.replace(/\.[^.]*$/, '')
  const fits = safe !== null && (known.extensions as readonly string[]).includes(safe.extension)
  if (!fits || safe.name !== name || safe.name.slice(0, -safe.extension.length - 1) !== stem) return broken
  // A picture that is drawn from an SVG is a PNG; nothing else becomes something else.
  const isAllowed = policy.kinds.includes(kind as KindName) || (kind === 'png' && policy.kinds.includes('svg'))
  const isRemade = remade instanceof Uint8Array && remade.length > 0 && remade.length <= policy.maxBytes * 4
  if (!isAllowed || isRemade !== (known.handling === 'image') || !(isRemade || remade === null)) return broken
  const raised = flags.filter((flag) => Array.isArray(flagged) && flagged.includes(flag))
  return { taken, kind: kind as KindName, mediaType: known.mediaType, name, flags: raised, remade: remade ?? null }
}
