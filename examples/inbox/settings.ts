import type { CustodiaOptions } from '@custodia/sdk'
import type { TeamShare } from './sharing/team.ts'

type Environment = Readonly<Record<string, string | undefined>>

function needed(environment: Environment, name: string, example: string): string {
  const value = environment[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set. Example: ${name}=${example}`)
  return value
}

/** Where the store is: `INBOX_DATA`, a folder. */
export const dataFolder = (environment: Environment) => needed(environment, 'INBOX_DATA', './inbox-data')

/**
 * How Custodia is reached: `CUSTODIA_URL`, and the application's key in `CUSTODIA_APPLICATION_KEY` or in the file that
 * `CUSTODIA_APPLICATION_KEY_FILE` names.
 *
 * @throws Error that says what is missing, and never the key.
 */
export function custodiaOptions(environment: Environment): CustodiaOptions {
  const { CUSTODIA_APPLICATION_KEY: key, CUSTODIA_APPLICATION_KEY_FILE: keyFile } = environment
  if (key === undefined && keyFile === undefined)
    throw new Error('CUSTODIA_APPLICATION_KEY_FILE is not set. Make a key with: custodia applications key inbox')
  return {
    url: needed(environment, 'CUSTODIA_URL', 'http://custodia.localhost:8080'),
    application: 'inbox',
    ...(keyFile === undefined ? { key: key as string } : { keyFile }),
    dataKeys: { maxAgeSeconds: 300, maxMessages: 10_000, maxKeys: 1_000 },
  }
}

/** `INBOX_ORGANISATION`, as in `org_…`: whose mailbox this is. */
export function organisationId(environment: Environment): string {
  const id = needed(environment, 'INBOX_ORGANISATION', 'org_…')
  if (!/^org_[a-z2-7]{26}$/.test(id)) throw new Error('INBOX_ORGANISATION is not the id of an organisation (org_…)')
  return id
}

/** `INBOX_LISTEN`, as in `127.0.0.1:4100`. Port 0, the default, takes a free one. */
export function listenOn(environment: Environment): { host: string; port: number } {
  const [, host = '', port = ''] = /^\[?([^[\]]+?)\]?:(\d{1,5})$/.exec(environment.INBOX_LISTEN ?? '127.0.0.1:0') ?? []
  if (host === '' || Number(port) > 65_535) throw new Error('INBOX_LISTEN is not an address such as 127.0.0.1:4100')
  return { host, port: Number(port) }
}

/**
 * `INBOX_TEAM`: who has the team's mailbox at first, as in `owner=role:administrator editor=role:member`. Nobody unless said.
 */
export function teamShares(environment: Environment): TeamShare[] {
  const words = (environment.INBOX_TEAM ?? '').split(/\s+/).filter((word) => word !== '')
  return words.slice(0, 100).map((word) => {
    const [, relation, type, id] = /^(owner|editor|reader)=(user|group|role):([\x21-\x7e]{1,100})$/.exec(word) ?? []
    if (relation === undefined || type === undefined || id === undefined)
      throw new Error('INBOX_TEAM is not a list such as: owner=role:administrator editor=role:member reader=user:usr_…')
    return { relation, type, id }
  })
}
