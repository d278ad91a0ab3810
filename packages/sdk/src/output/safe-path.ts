import { lstatSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve, sep } from 'node:path'

/**
 * The path of a file below a folder, by a name that somebody else gave.
 *
 * @param base the folder. It is there, and its own links are followed.
 * @param name one or more segments with `/` between, as they are to be read: already decoded, once.
 * @returns an absolute path below `base`; it need not be there. Links on its way lead nowhere else at this moment.
 * @throws TypeError where it leads out, or can be read in more than one way.
 */
export function safePath(base: string, name: string): string {
  if (name === '' || name.length > 1_024 || !name.isWellFormed()) throw new TypeError('safePath: no name of a file')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  if (/[\u0000-\u001f\u007f\\:]/.test(name) || isAbsolute(name)) throw new TypeError('safePath: no name of a file')
  if (/%(?:2e|2f|5c|00)/i.test(name)) throw new TypeError('safePath: is encoded still')
  for (const segment of name.split('/'))
    if (segment === '' || segment === '.' || segment === '..' || segment.length > 255 || /[. ]$/.test(segment))
      throw new TypeError('safePath: leads out, or is read in more than one way')
  const root = realpathSync(resolve(base))
  const path = join(root, name)
  const there = nearest(path)
  if (there !== root && !there.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))
    throw new TypeError('safePath: leads out by a link')
  return path
}

/** Where the part of a path that is there really is. */
function nearest(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    // A link to what is not there would be written through.
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!missing || lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw new TypeError('safePath: no way to it')
    return nearest(dirname(path))
  }
}
