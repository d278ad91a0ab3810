import { NotTaken } from '../finding.ts'

/**
 * Holds the path of an entry to what unpacks below the folder that it is unpacked in, on every system.
 *
 * @throws NotTaken
 */
export function checkPath(path: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  const odd = path === '' || path.length > 1_024 || /[\x00-\x1f\x7f\\\uFFFD]/.test(path)
  if (odd || path.startsWith('/') || /^[A-Za-z]:/.test(path) || path.split('/').includes('..'))
    throw new NotTaken('archive-path')
}
