import type { Role } from '@custodia/wire/http/access.ts'
import { Badge } from '../parts/badge.tsx'
import { ShieldIcon } from '../parts/icons.tsx'
import { accessTexts } from '../texts-of-access.ts'

/** Whose a role is, and whether it takes two to give it. */
export function RoleBadges({ role }: { role: Role }) {
  return (
    <p className="flex flex-wrap gap-1.5">
      <Badge tone={role.from === 'organisation' ? 'accent' : 'plain'}>
        {role.from === 'organisation' ? accessTexts.roles.own : accessTexts.roles.builtIn}
      </Badge>
      {role.privileged && (
        <Badge tone="warn" icon={<ShieldIcon />}>
          {accessTexts.roles.privileged}
        </Badge>
      )}
    </p>
  )
}
