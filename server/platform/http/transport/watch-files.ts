/** What is read from files, and is read again while the server runs. */
export type Watched<Used> = {
  /** What is in use now. */
  current(): Used
  /** Looks now. @returns whether something else is in use since. */
  look(): Promise<boolean>
  stop(): void
}

/** How something is read, and what becomes of it. `Found` is made of texts alone, by which two of them are compared. */
export type Watching<Found, Used> = {
  readonly everySeconds: number
  /** Rejects where there is nothing to be read. */
  read(): Promise<Found>
  /** @throws Error in words where it is not usable; they hold nothing that is secret. */
  use(found: Found): Used
  /** Called with each later one before it is in use. What it throws keeps the old one in use. */
  changed(used: Used, found: Found): void
  /** Called once for each that was found and is not usable. */
  refused(reason: string): void
}

/**
 * Reads files, and others in their place as soon as there are some, without a restart. Several files are replaced one after another: until
 * they belong together, and while what is there can't be read or used, what is in use stays.
 *
 * @throws Error where the first ones are not usable.
 */
export async function watchFiles<Found, Used>(watching: Watching<Found, Used>): Promise<Watched<Used>> {
  const { everySeconds, read, use, changed, refused } = watching
  const first = await read()
  let current = { text: JSON.stringify(first), used: use(first) }
  let unusable = ''

  const look = async (): Promise<boolean> => {
    let text = 'unreadable'
    try {
      const found = await read()
      text = JSON.stringify(found)
      if (text === current.text) {
        unusable = ''
        return false
      }
      const used = use(found)
      changed(used, found)
      current = { text, used }
      unusable = ''
      return true
    } catch (error) {
      if (text !== unusable) refused((error as Error).message)
      unusable = text
      return false
    }
  }
  const timer = setInterval(() => void look(), everySeconds * 1000)
  timer.unref()
  return { current: () => current.used, look, stop: () => clearInterval(timer) }
}
