import type { ApiKey, RotateKey } from '@custodia/wire/http/keys.ts'
import { NewKey, RevokeKeys } from '@custodia/wire/http/keys.ts'
import { printableField } from '@custodia/wire/printable.ts'
import { Type } from 'typebox'
import { organisationIdOf } from './administrator-commands.ts'
import type { ApiKeys, IssuedKey } from './apikeys/api.ts'
import { refuse } from './apikeys/errors.ts'
import type { CommandOptions } from './command-line.ts'
import { checked } from './command-line.ts'
import type { Answer } from './command-output.ts'
import { minute, table } from './command-output.ts'
import type { Administration } from './identity/administration.ts'

type Installation = { readonly keys: ApiKeys; readonly administration: Administration }
type KeyCommand = (on: Installation, words: readonly string[], options: CommandOptions) => Promise<Answer>

/** `custodia keys …` */
export const keyCommands: Readonly<Record<string, KeyCommand>> = {
  async 'keys list'({ keys, administration }, [email], options) {
    const organisationId = await organisationIdOf(administration, options.organisation)
    if (email !== undefined) alone(options)
    const owner = email === undefined ? accountOf(options) : await personOf(administration, organisationId, email)
    const items = await keys.list(organisationId, owner)
    return { value: { items }, text: items.length === 0 ? 'There are no keys.' : keyTable(items) }
  },

  async 'keys create'({ keys, administration }, [name = '', ...roles], options) {
    const organisationId = await organisationIdOf(administration, options.organisation)
    const narrowed = narrowedBy(options)
    const account = accountOf(options)
    if (account !== undefined) {
      if (roles.length > 0) throw new Error('A key of a service account has its roles: name none.')
      const wanted = checked(NewKey, { scopes: [], ...narrowed, name })
      return shown(await keys.issueForAccount(organisationId, account.id, wanted), `It is a key of ${account.id}.`)
    }
    const applicationId = name
    const issued = await keys.issue({
      organisationId,
      applicationId,
      ...(roles.length === 0 ? {} : { roles }),
      ...narrowed,
    })
    return shown(issued, `Give it to ${applicationId}.`)
  },

  async 'keys rotate'({ keys, administration }, [keyId = ''], options) {
    const organisationId = await organisationIdOf(administration, options.organisation)
    const asked: RotateKey = {
      ...(options.days === undefined ? {} : { days: Number(options.days) }),
      ...(options.overlap === undefined ? {} : { overlapSeconds: Number(options.overlap) }),
    }
    checked(Rotation, asked)
    const account = accountOf(options)?.id
    return shown(
      await keys.rotate(organisationId, keyId, asked, account),
      'The old secret holds until the overlap is over.',
    )
  },

  async 'keys revoke'({ keys, administration }, [word], options) {
    const organisationId = await organisationIdOf(administration, options.organisation)
    const reason = options.reason === undefined ? {} : checked(RevokeKeys, { reason: options.reason })
    const account = accountOf(options)
    if (word?.includes('@') || (word === undefined && account !== undefined)) {
      if (word !== undefined) alone(options)
      const owner = account ?? (await personOf(administration, organisationId, word as string))
      const revoked = await keys.revoke(organisationId, { owner, ...reason })
      const whose = printableField(word ?? owner.id)
      return { value: { revoked }, text: `${revoked} ${revoked === 1 ? 'key' : 'keys'} of ${whose} revoked.` }
    }
    if (word === undefined) throw new Error('Which key? Name one, a person by their address, or --service-account.')
    const which = { keyId: word, ...(account && { owner: account }), ...reason }
    if ((await keys.revoke(organisationId, which)) === 0) throw refuse('APIKEY_UNKNOWN')
    return { value: { revoked: 1 }, text: `${printableField(word)} is revoked.` }
  },
}

/** What the API holds such fields to. */
const { scopes, environment, days, networks, requestsPerMinute } = NewKey.properties
const Narrowed = Type.Object({ scopes: Type.Optional(scopes), environment, days, networks, requestsPerMinute })
const Rotation = Type.Object({ days, overlapSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 604_800 })) })

function narrowedBy(options: CommandOptions) {
  const list = (text: string) => text.split(',').filter((item) => item !== '')
  const narrowed = {
    ...(options.days === undefined ? {} : { days: Number(options.days) }),
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    ...(options.scopes === undefined ? {} : { scopes: list(options.scopes) }),
    ...(options.networks === undefined ? {} : { networks: list(options.networks) }),
    ...(options.rate === undefined ? {} : { requestsPerMinute: Number(options.rate) }),
  }
  checked(Narrowed, narrowed)
  if (options.signing === undefined) return narrowed
  if (options.signing !== 'hmac-sha256') throw new Error('--signing is hmac-sha256: of Ed25519 the owner has the key.')
  return { ...narrowed, signing: { algorithm: options.signing }, requireSignature: true } as const
}

/** The service account whose keys it is about, where one is named. */
const accountOf = (options: CommandOptions) => {
  const id = options['service-account']
  return id === undefined ? undefined : ({ kind: 'service', id } as const)
}

function alone(options: CommandOptions): void {
  if (accountOf(options) !== undefined) throw new Error('Say whose keys: an address, or --service-account; not both.')
}

async function personOf(administration: Administration, organisationId: string, email: string) {
  const { user } = await administration.of(organisationId).show(email)
  return { kind: 'user', id: user.id } as const
}

function shown(issued: IssuedKey, advice: string): Answer {
  const secret =
    issued.signingSecret === null ? [] : [issued.signingSecret, 'All of this text is the secret to sign with.']
  const lines = [...(issued.key === null ? [] : [issued.key]), ...secret, `${issued.keyId} is shown once. ${advice}`]
  return { value: issued, text: lines.join('\n') }
}

const keyTable = (items: readonly ApiKey[]): string =>
  table(
    ['KEY-ID', 'OWNER', 'SCOPES', 'EXPIRES', 'LAST USED', 'NAME'],
    items.map((key) => [
      key.id,
      key.owner.id,
      key.scopes?.join(' ') ?? 'all',
      minute(key.expiresAt),
      minute(key.lastUsedAt),
      key.name ?? '-',
    ]),
  )
