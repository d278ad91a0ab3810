import { openLocalFile } from './local-file.ts'

/** Every way to hold the root key, by the name that the setting `keyring.kms` chooses. */
export const providers = { 'local-file': openLocalFile } as const
