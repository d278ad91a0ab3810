import type { ActivityItem } from '@custodia/wire/http/activity.ts'
import { printableField } from '@custodia/wire/printable.ts'
import type { ActivityOfPeople } from './activity/api.ts'
import { organisationIdOf } from './administrator-commands.ts'
import type { CommandOptions } from './command-line.ts'
import type { Answer } from './command-output.ts'
import { minute, table } from './command-output.ts'
import type { Administration } from './identity/administration.ts'

type Installation = { readonly activity: ActivityOfPeople; readonly administration: Administration }
type ActivityCommand = (on: Installation, words: readonly string[], options: CommandOptions) => Promise<Answer>

const most = 100

/** `custodia users activity` */
export const activityCommands: Readonly<Record<string, ActivityCommand>> = {
  async 'users activity'({ activity, administration }, [email = ''], { organisation, limit, after }) {
    const organisationId = await organisationIdOf(administration, organisation)
    const { user } = await administration.of(organisationId).show(email)
    const page = {
      ...(limit === undefined ? {} : { limit: Math.min(most, Number(limit)) }),
      ...(after === undefined ? {} : { cursor: after }),
    }
    const { items, next } = await activity.byOperator(organisationId, user.id, page)
    const rows = items.map((item) => [minute(item.at), item.type, item.by, whence(item), scoreOf(item)])
    const more =
      next === null ? '' : `\nThere is more: custodia users activity ${printableField(email)} --after ${next}`
    return { value: { items, next }, text: table(['WHEN', 'WHAT', 'BY', 'FROM', 'SCORE'], rows) + more }
  },
}

const whence = ({ address, country, device }: ActivityItem): string =>
  [address, country, device].filter((one) => one !== null).join(' ') || '-'

/** As in `0.85 ask (country=BR×12 device=new×4)`: the parts that speak for somebody else, the strongest first. */
function scoreOf({ assessment }: ActivityItem): string {
  if (assessment === null) return '-'
  const strange = assessment.parts
    .filter(({ ratio }) => (ratio ?? 0) > 1)
    .sort((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0))
    .map(({ feature, value, ratio }) => `${feature}=${value}×${ratio}`)
  const because = strange.length === 0 ? '' : ` (${strange.join(' ')})`
  return `${assessment.score} ${assessment.verdict}${because}`
}
