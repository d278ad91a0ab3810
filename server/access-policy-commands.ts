import type { PolicyVersion, TestedPolicies } from '@custodia/wire/http/policies.ts'
import { printableField } from '@custodia/wire/printable.ts'
import type { PolicyAdministration } from './access/policies/administration.ts'
import { limits } from './access/policies/limits.ts'
import type { ShadowReport } from './access/policies/shadow.ts'
import { organisationIdOf } from './administrator-commands.ts'
import type { CommandOptions } from './command-line.ts'
import type { Answer } from './command-output.ts'
import { minute, table } from './command-output.ts'
import type { Administration } from './identity/administration.ts'
import { readTextFile } from './platform/config/read-text-file.ts'

type Installation = {
  readonly administration: Administration
  policies(organisationId: string): PolicyAdministration
}
/** `failed`: the command did its work, and what it found is wrong. */
type PolicyAnswer = Answer & { readonly failed?: boolean }
type Line = { readonly words: readonly string[]; readonly options: CommandOptions }
type PolicyCommand = (policies: PolicyAdministration, line: Line) => Promise<PolicyAnswer>
type Command = (on: Installation, words: readonly string[], options: CommandOptions) => Promise<PolicyAnswer>

const usualDays = 7
const usualReason = 'From the shell of the machine.'

const commands: Readonly<Record<string, PolicyCommand>> = {
  async 'policies list'(policies, { options: { limit, after } }) {
    const page = await policies.list({
      ...(limit === undefined ? {} : { limit: Math.min(100, Number(limit)) }),
      ...(after === undefined ? {} : { cursor: after }),
    })
    const more = page.next === null ? '' : `\n\nMore: custodia policies list --after ${page.next}`
    const rows = page.items.map(rowOf)
    const text =
      rows.length === 0 ? 'There are no policies: roles and relations decide.' : `${table(titles, rows)}${more}`
    return { value: page, text }
  },

  async 'policies show'(policies, { words: [number] }) {
    const version = await policies.show(numberOf(number))
    return { value: version, text: `${table(titles, [rowOf(version)])}\n\n${version.text}` }
  },

  async 'policies test'(policies, { words: [file] }) {
    const tested = await policies.test(textOf(file))
    return { value: tested, text: words(tested), failed: !tested.green }
  },

  async 'policies draft'(policies, { words: [file, reason = usualReason] }) {
    const { number, tested } = await policies.draft(textOf(file), reason)
    return { value: { number, tested }, text: `Version ${number}.\n${words(tested)}`, failed: !tested.green }
  },

  async 'policies shadow'(policies, { words: [number], options: { days } }) {
    const report = await policies.shadow(numberOf(number), days === undefined ? usualDays : daysOf(days))
    return { value: report, text: changes(report) }
  },

  async 'policies activate'(policies, { words: [number, reason = usualReason] }) {
    const version = await policies.activate(numberOf(number), reason)
    return { value: version, text: `Version ${version.number} is live.` }
  },

  async 'policies roll-back'(policies, { words: [word, reason = usualReason] }) {
    const to = word === undefined ? null : word === 'none' ? 0 : numberOf(word)
    const live = await policies.rollBack(to, reason)
    return { value: { live }, text: live === 0 ? 'No policies are live.' : `Version ${live} is live again.` }
  },
}

/** `custodia policies …` */
export const accessPolicyCommands: Readonly<Record<string, Command>> = Object.fromEntries(
  Object.entries(commands).map(([name, command]): [string, Command] => [
    name,
    async ({ administration, policies }, typed, options) =>
      await command(policies(await organisationIdOf(administration, options.organisation)), { words: typed, options }),
  ]),
)

const titles = ['VERSION', 'STATE', 'POLICIES', 'TESTS', 'WRITTEN', 'LIVE SINCE', 'REASON']

const rowOf = ({ number, state, policies, tests, createdAt, liveAt, reason }: PolicyVersion): readonly string[] => [
  String(number),
  state,
  String(policies),
  String(tests),
  minute(createdAt),
  state === 'live' ? minute(liveAt) : '-',
  reason,
]

function numberOf(word: string | undefined): number {
  if (word === undefined || !/^[1-9]\d{0,8}$/.test(word))
    throw new Error(`“${printableField(word ?? '')}” is no version.`)
  return Number(word)
}

function daysOf(word: string): number {
  const days = /^\d{1,3}$/.test(word) ? Number(word) : 0
  if (days < 1 || days > 400) throw new Error('--days is 1 to 400.')
  return days
}

function textOf(file: string | undefined): string {
  if (file === undefined) throw new Error('Which file? As in: custodia policies test office.cedar')
  try {
    return readTextFile(file, limits.text).text
  } catch (error) {
    throw new Error(`${printableField(file)}: ${(error as Error).message}`)
  }
}

function words({ green, policies, errors, warnings, tests }: TestedPolicies): string {
  const found = (kind: string, findings: TestedPolicies['errors']) =>
    findings.map(
      ({ line, message, help }) => `${kind}, line ${line ?? '?'}: ${message}${help === null ? '' : ` (${help})`}`,
    )
  const failed = tests.filter(({ passed }) => !passed)
  return [
    ...found('error', errors),
    ...found('warning', warnings),
    ...failed.map(({ line, name, problem }) => `test failed, line ${line}: ${name}: ${problem}`),
    `${counted(policies.length, 'policy', 'policies')}, ${counted(tests.length, 'test', 'tests')}: ${green ? 'all is well.' : 'not fit to be live.'}`,
  ].join('\n')
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

function changes({ against, looked, replayed, toDeny, toAllow, groups, left, cut }: ShadowReport): string {
  const rows = groups.map(({ action, change, before, after, count }) => [
    String(count),
    change === 'allow-to-deny' ? 'refused then' : 'allowed then',
    action,
    before.join(' ') || '-',
    after.join(' ') || '-',
  ])
  const beside = against === 0 ? 'no policies' : `version ${against}`
  return [
    `Of ${looked} logged decisions ${replayed} were decided again, beside ${beside}: ${toDeny} would be refused, ${toAllow} would be allowed.`,
    ...(rows.length === 0 ? [] : [table(['COUNT', 'CHANGE', 'PERMISSION', 'DECIDED BY', 'WOULD BE BY'], rows)]),
    ...left.map(({ why, count }) => `${count} not decided again: ${why}`),
    ...(cut ? ['There are more; these are the newest.'] : []),
  ].join('\n')
}
