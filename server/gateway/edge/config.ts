import { checkBrowser } from '@custodia/edge/browser/settings.ts'
import { checkInput } from './input-config.ts'
import { checkLimits } from './limits.ts'
import { checkUploads } from './uploads-config.ts'

/** What the configuration of an application may say of its defences: a row each. What is not said is undefined. */
const defences = { browser: checkBrowser, input: checkInput, limits: checkLimits, uploads: checkUploads } as const

/** An application's defences, as configured. */
export type Edge = { readonly [Name in keyof typeof defences]: ReturnType<(typeof defences)[Name]> }

/** @throws Error in words. */
export function checkEdge(value: unknown, where: string): Edge {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`)
  for (const name of Object.keys(value))
    if (!Object.hasOwn(defences, name)) throw new Error(`${where}.${name} is not known`)
  const fields = value as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(defences).map(([name, check]) => [name, check(fields[name], `${where}.${name}`)]),
  ) as Edge
}
