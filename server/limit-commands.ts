import type { LimitEntry, LimitPolicy } from '@custodia/wire/http/limits.ts'
import { NewLimitEntry, SetLimitPolicy } from '@custodia/wire/http/limits.ts'
import { printableField } from '@custodia/wire/printable.ts'
import { organisationIdOf } from './administrator-commands.ts'
import type { CommandOptions } from './command-line.ts'
import { checked } from './command-line.ts'
import type { Answer } from './command-output.ts'
import { minute, table } from './command-output.ts'
import { reasonOf } from './grant-command.ts'
import type { Administration } from './identity/administration.ts'
import type { LimitsAdministration } from './limits/administration.ts'

type Installation = {
  readonly administration: Administration
  /** Null for what is everybody's. */
  limits(organisationId: string | null): LimitsAdministration
}
type On = {
  readonly limits: LimitsAdministration
  /** The identifier of whom a word names: people are named by their address. @throws Refusal IDENTITY_USER_UNKNOWN */
  account(word: string): Promise<string>
}
type Command = (on: On, words: readonly string[], options: CommandOptions) => Promise<Answer>

const daySeconds = 86_400

const commands: Readonly<Record<string, Command>> = {
  async 'limits list'({ limits }) {
    const page = limits.policies()
    const kept = page.storeLost ? ', which does not answer: each process counts alone' : ''
    return { value: page, text: `${policyTable(page.items)}\nCells are kept in: ${page.store}${kept}.` }
  },

  async 'limits set'({ limits }, [name = ''], options) {
    const policy = await limits.set(name, checked(SetLimitPolicy, figuresOf(options)))
    return { value: { policy }, text: `${policyTable([policy])}\nIt counts from now on.` }
  },

  async 'limits try'({ limits }, [name = '']) {
    const policy = await limits.setDryRun(name, true)
    return {
      value: { policy },
      text: `${printableField(name)} refuses nobody now: “custodia limits limited” shows whom it would.`,
    }
  },

  async 'limits enforce'({ limits }, [name = '']) {
    const policy = await limits.setDryRun(name, false)
    return { value: { policy }, text: `${printableField(name)} refuses who has no room.` }
  },

  async 'limits remove'({ limits }, [name = '']) {
    await limits.remove(name)
    return {
      value: { removed: name },
      text: `${printableField(name)} is gone; what is built in under its name holds again.`,
    }
  },

  async 'limits limited'({ limits }) {
    const page = await limits.limited()
    if (page.items.length === 0) return { value: page, text: 'Nobody was limited within the last hour.' }
    const rows = page.items.map((one) => [
      one.policy,
      one.subject,
      String(one.times),
      one.dryRun ? 'tried' : one.challenged ? 'challenged' : 'refused',
      minute(one.lastAt),
      minute(one.until),
      one.route,
    ])
    return { value: page, text: table(['POLICY', 'WHO', 'TIMES', 'HOW', 'LAST', 'ROOM AGAIN', 'WHERE'], rows) }
  },

  async 'limits entries'({ limits }) {
    const page = await limits.entries()
    return { value: page, text: page.items.length === 0 ? 'There are no entries.' : entryTable(page.items) }
  },

  'limits deny': (on, words, options) => add(on, 'deny', words, options),
  'limits allow': (on, words, options) => add(on, 'allow', words, options),

  async 'limits end'({ limits }, [id = '']) {
    await limits.end(id)
    return { value: { ended: id }, text: `${printableField(id)} is over.` }
  },
}

/** `custodia limits …` */
export const limitCommands = Object.fromEntries(
  Object.entries(commands).map(([name, command]) => [
    name,
    async ({ administration, limits }: Installation, words: readonly string[], options: CommandOptions) => {
      const named = options.organisation
      const organisationId = named === undefined ? null : await organisationIdOf(administration, named)
      const account = async (word: string) =>
        (await administration.of(organisationId ?? (await organisationIdOf(administration, named))).show(word)).user.id
      return await command({ limits: limits(organisationId), account }, words, options)
    },
  ]),
)

async function add(
  { limits, account }: On,
  list: 'deny' | 'allow',
  [word = '']: readonly string[],
  options: CommandOptions,
) {
  const whom = word.includes('@')
    ? { account: await account(word) }
    : /[.:]/.test(word)
      ? { network: word }
      : { account: word }
  const seconds = options.seconds === undefined ? daySeconds : Number(options.seconds)
  const entry = await limits.add(checked(NewLimitEntry, { list, ...whom, seconds, reason: reasonOf(options) }))
  const how = list === 'deny' ? 'not let in' : 'let in without a limit'
  return { value: { entry }, text: `${printableField(word)} is ${how} until ${minute(entry.until)}: ${entry.id}` }
}

function figuresOf(options: CommandOptions): object {
  const list = (text: string) => text.split(',').filter((one) => one !== '')
  const { by, burst, seconds, classes, methods, path, application } = options
  return {
    by,
    burst: Number(burst),
    perSeconds: Number(seconds),
    dryRun: options['dry-run'] === true,
    ...(options.challenge === true ? { exceeded: 'challenge' } : {}),
    ...(classes === undefined ? {} : { classes: list(classes) }),
    ...(methods === undefined ? {} : { methods: list(methods) }),
    ...(path === undefined ? {} : { path }),
    ...(application === undefined ? {} : { application }),
  }
}

const policyTable = (items: readonly LimitPolicy[]): string =>
  table(
    ['POLICY', 'FOR', 'BY', 'BURST', 'SECONDS', 'HOW', 'WHAT'],
    items.map((one) => [
      one.name,
      one.scope,
      one.by,
      String(one.burst),
      String(one.perSeconds),
      one.dryRun ? 'tried' : one.exceeded === 'challenge' ? 'challenges' : 'enforced',
      [one.application, one.classes?.join(','), one.methods?.join(','), one.path]
        .filter((it) => it != null)
        .join(' ') || 'all',
    ]),
  )

const entryTable = (items: readonly LimitEntry[]): string =>
  table(
    ['ENTRY-ID', 'LIST', 'WHO', 'FOR', 'UNTIL', 'BY', 'REASON'],
    items.map((one) => [
      one.id,
      one.list,
      one.network ?? one.account ?? '-',
      one.scope,
      minute(one.until),
      one.createdBy ?? 'system',
      one.reason,
    ]),
  )
