import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../tools/suite.ts'

/** A fenced block. `file` is what stands after the language: the name under which a reader keeps it. */
export type Fence = { readonly language: string; readonly file: string | null; readonly text: string }

/** Every document of ours, by its path from the root. Those of others (licences, vectors, samples) are not ours to check. */
export function documents(): readonly string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && !path.includes('/vectors/') && !path.includes('/samples/'))
}

export const textOf = (document: string): string => readFileSync(join(root, document), 'utf8')

export function fencesOf(markdown: string): readonly Fence[] {
  return [...markdown.matchAll(/^```(\S*)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', file = null, text = '']) => ({ language, file, text }),
  )
}

const withoutFences = (markdown: string): string => markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')

/** What is set as code inside sentences. */
export function inlineCodeOf(markdown: string): readonly string[] {
  return [...withoutFences(markdown).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
}

/** Where links and pictures lead. */
export function linksOf(markdown: string): readonly string[] {
  const prose = withoutFences(markdown).replaceAll(/`[^`\n]+`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
}

/** The anchors of its headings, as the common renderers make them. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = [...withoutFences(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** Commands of a block, one a line; a line that ends in a backslash goes on. Comments are none. */
export function commandsIn(shell: string): readonly string[] {
  return shell
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/ {2,}#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}
