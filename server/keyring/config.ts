import { join } from 'node:path'
import type { Settings } from '../platform/config/setting.ts'
import { setting } from '../platform/config/setting.ts'
import { providers } from './providers/table.ts'

const providerNames = Object.keys(providers) as (keyof typeof providers)[]

export const config = {
  kms: setting.oneOf({
    description: 'Who holds the root key.',
    values: providerNames,
    example: 'local-file',
    default: 'local-file',
  }),
  rootKeyFile: setting.optionalText({
    description: 'The file of the root key; `root.key` in the data folder unless said.',
    shape: 'an absolute path',
    pattern: /^\//,
    example: '/run/keys/custodia-root.key',
  }),
  rootKeyPassphrase: setting.optionalText({
    description: 'What the root key file is sealed by. Unset, its permissions protect it.',
    example: 'correct horse battery staple',
    secret: true,
  }),
}

export const rootKeyFileOf = ({ rootKeyFile }: Settings<typeof config>, dataFolder: string): string =>
  rootKeyFile ?? join(dataFolder, 'root.key')
