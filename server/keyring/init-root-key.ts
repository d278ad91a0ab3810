import { link, mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Settings } from '../platform/config/setting.ts'
import type { Random } from '../platform/random.ts'
import { systemRandom } from '../platform/random.ts'
import type { config } from './config.ts'
import { rootKeyFileOf } from './config.ts'
import { newRootKey } from './providers/root-key-file.ts'

const minPassphraseCharacters = 12

/**
 * Makes the root key of a new installation: `custodia keyring init`. Sealed where a passphrase is set. On disk, whole, before
 * it returns; an existing file is never touched.
 *
 * @throws Error for a person to read, where there is a file already or it can't be written.
 */
export async function initRootKey(options: {
  readonly dataFolder: string
  readonly config: Settings<typeof config>
  readonly random?: Random
}): Promise<{ readonly file: string; readonly keyId: string; readonly sealed: boolean }> {
  const { random = systemRandom } = options
  const passphrase = options.config.rootKeyPassphrase
  if (passphrase !== null && passphrase.length < minPassphraseCharacters)
    throw new Error(`CUSTODIA_KEYRING_ROOT_KEY_PASSPHRASE must have ${minPassphraseCharacters} characters or more.`)
  const file = rootKeyFileOf(options.config, options.dataFolder)
  const { id, text } = await newRootKey(random, passphrase)

  const folder = dirname(file)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${file}.${random.bytes(8).toString('hex')}.new`
  try {
    await writeDurably(draft, text)
    // Unlike a rename, a link never takes the place of what is there.
    await link(draft, file)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    if (reason === 'EEXIST') throw new Error(`There is a root key at ${file} already. It is never replaced.`)
    throw new Error(`The root key can't be written to ${file} (${reason}).`)
  } finally {
    await rm(draft, { force: true })
  }
  const directory = await open(folder, 'r')
  await directory.sync().finally(() => directory.close())
  return { file, keyId: id, sealed: passphrase !== null }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
