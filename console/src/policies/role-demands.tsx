import type { Demand, SignInPolicy } from '@custodia/wire/http/factors.ts'
import { useQuery } from '@tanstack/react-query'
import { problemOf } from '../api/problem.ts'
import { rolesQuery } from '../api/queries.ts'
import { Select } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { securityTexts } from '../texts-of-security.ts'

/** What holders of a role must prove beyond what everybody must. */
export function RoleDemands(props: {
  value: SignInPolicy['roles']
  onChange: (roles: SignInPolicy['roles']) => void
  disabled: boolean
}) {
  const roles = useQuery(rolesQuery)
  const listed = roles.data?.items.map(({ name }) => name) ?? []
  // A role that is not in the configuration any more stays in the list, so that its demand can be taken away.
  const names = [...new Set([...listed, ...Object.keys(props.value)])]
  const change = (role: string, demand: string) => {
    const { [role]: _, ...others } = props.value
    props.onChange(demand === '' ? others : { ...others, [role]: demand as Demand })
  }
  return (
    <fieldset disabled={props.disabled}>
      <legend className="font-medium">{securityTexts.policy.roles}</legend>
      <p className="mb-3 text-[13px] text-muted">{securityTexts.policy.roleNote}</p>
      {roles.error !== null && <ProblemNotice problem={problemOf(roles.error)} retry={() => void roles.refetch()} />}
      <div className="grid gap-4 sm:grid-cols-2">
        {names.map((name) => (
          <Select
            key={name}
            label={name}
            value={Object.hasOwn(props.value, name) ? (props.value[name] as Demand) : ''}
            onChange={(event) => change(name, event.target.value)}
          >
            <option value="">{securityTexts.policy.asEverybody}</option>
            <option value="required">{securityTexts.policy.demands.required}</option>
            <option value="phishing-resistant">{securityTexts.policy.demands['phishing-resistant']}</option>
          </Select>
        ))}
      </div>
    </fieldset>
  )
}
