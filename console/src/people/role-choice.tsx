import { useQuery } from '@tanstack/react-query'
import { problemOf } from '../api/problem.ts'
import { rolesQuery } from '../api/queries.ts'
import { ProblemNotice } from '../parts/notice.tsx'

/**
 * Roles to tick, each with what it stands for.
 *
 * @param held roles given now; one that is not in the configuration any more stays in the list, so that it can be taken.
 */
export function RoleChoice(props: {
  legend: string
  held: readonly string[]
  chosen: readonly string[]
  onChange: (roles: string[]) => void
  disabled?: boolean
}) {
  const roles = useQuery(rolesQuery)
  const listed = roles.data?.items ?? []
  const unlisted = props.held.filter((name) => !listed.some((role) => role.name === name))
  const all = [...listed, ...unlisted.map((name) => ({ name, summary: '' }))]
  const toggle = (name: string, on: boolean) =>
    props.onChange(on ? [...props.chosen, name] : props.chosen.filter((one) => one !== name))
  return (
    <fieldset disabled={props.disabled}>
      <legend className="mb-1.5 font-medium">{props.legend}</legend>
      {roles.error !== null && <ProblemNotice problem={problemOf(roles.error)} retry={() => void roles.refetch()} />}
      {all.length > 0 && (
        <ul className="divide-y divide-line rounded-md border border-line">
          {all.map(({ name, summary }) => (
            <li key={name}>
              <label className="flex gap-3 px-3 py-2.5 hover:bg-hover has-disabled:cursor-default has-disabled:opacity-60">
                <input
                  type="checkbox"
                  className="mt-0.5 size-4 shrink-0 accent-accent"
                  checked={props.chosen.includes(name)}
                  onChange={(event) => toggle(name, event.target.checked)}
                />
                <span className="min-w-0">
                  <span className="block font-medium">{name}</span>
                  {summary !== '' && <span className="block text-[13px] text-muted">{summary}</span>}
                </span>
              </label>
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  )
}
