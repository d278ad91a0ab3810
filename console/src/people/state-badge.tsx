import type { User } from '@custodia/wire/http/identity.ts'
import { Badge } from '../parts/badge.tsx'
import { CheckIcon, InfoIcon, StopIcon } from '../parts/icons.tsx'
import { texts } from '../texts.ts'

const looks = {
  active: { tone: 'good', Icon: CheckIcon },
  invited: { tone: 'warn', Icon: InfoIcon },
  disabled: { tone: 'plain', Icon: StopIcon },
} as const

export function StateBadge({ state }: { state: User['state'] }) {
  const { tone, Icon } = looks[state]
  return (
    <Badge tone={tone} icon={<Icon className="size-3" />}>
      {texts.people.states[state]}
    </Badge>
  )
}
