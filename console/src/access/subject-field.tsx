import type { Users } from '@custodia/wire/http/identity.ts'
import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { request, withQuery } from '../api/request.ts'
import { Field, Select } from '../parts/field.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { groupsQuery, knownPeopleQuery, serviceAccountsQuery } from './queries.ts'

export type SubjectKind = 'person' | 'group' | 'service'
/** Who is chosen: what was typed for a person, an identifier for the others. */
export type Chosen = { readonly kind: SubjectKind; readonly text: string }

const allKinds: readonly SubjectKind[] = ['person', 'group', 'service']

/** @returns the identifier of who was chosen; null where nobody has that address. @throws Problem as `request` does. */
export async function subjectOf({ kind, text }: Chosen): Promise<string | null> {
  const typed = text.trim()
  if (kind !== 'person' || typed.startsWith('usr_')) return typed === '' ? null : typed
  const { items } = await request<Users>('GET', withQuery('/v1/users', { search: typed, limit: 1 }))
  return items[0]?.id ?? null
}

/**
 * Chooses a person by address, a group, or a service account.
 *
 * @param permissions lists that may not be read are not asked for.
 * @param except the group that can't be chosen.
 * @param kinds those that can be chosen; all unless said.
 */
export function SubjectField(props: {
  permissions: readonly string[]
  except: string
  kinds?: readonly SubjectKind[]
  value: Chosen
  onChange: (value: Chosen) => void
  error: string | null
}) {
  const { permissions, value, onChange, error } = props
  const listId = useId()
  const people = useQuery({ ...knownPeopleQuery, enabled: permissions.includes('identity:users:read') })
  const groups = useQuery({ ...groupsQuery, enabled: permissions.includes('access:groups:read') })
  const services = useQuery({
    ...serviceAccountsQuery,
    enabled: permissions.includes('access:service-accounts:read'),
  })
  const { kinds, kind, choose, person, personHint } = accessTexts.subject
  const others = (value.kind === 'group' ? groups.data : services.data)?.filter(({ id }) => id !== props.except)
  return (
    <div className="space-y-3">
      <Select
        label={kind}
        value={value.kind}
        onChange={(event) => onChange({ kind: event.target.value as SubjectKind, text: '' })}
      >
        {(props.kinds ?? allKinds).map((name) => (
          <option key={name} value={name}>
            {kinds[name]}
          </option>
        ))}
      </Select>
      {value.kind === 'person' ? (
        <>
          <Field
            label={person}
            list={listId}
            required
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={254}
            value={value.text}
            onChange={(event) => onChange({ kind: 'person', text: event.target.value })}
            hint={personHint}
            error={error}
          />
          <datalist id={listId}>
            {people.data?.map(({ id, email, name }) => (
              <option key={id} value={email} label={name} />
            ))}
          </datalist>
        </>
      ) : (
        <>
          <Select
            label={accessTexts.subject[value.kind]}
            required
            value={value.text}
            aria-invalid={error !== null}
            aria-describedby={`${listId}-note`}
            onChange={(event) => onChange({ ...value, text: event.target.value })}
          >
            <option value="">{choose}</option>
            {others?.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
          <p id={`${listId}-note`} className="min-h-5 text-[13px] text-bad" aria-live="polite">
            {error}
          </p>
        </>
      )}
    </div>
  )
}
