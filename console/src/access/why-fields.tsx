import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { Field } from '../parts/field.tsx'
import { whyTexts } from '../texts-of-access-why.ts'
import { allRolesQuery } from './queries.ts'

const plain = { autoComplete: 'off', autoCapitalize: 'off', spellCheck: false } as const

/** The name of a permission; those that roles have are offered. */
export function PermissionField({ permissions, value }: { permissions: readonly string[]; value: string | undefined }) {
  const listId = useId()
  const roles = useQuery({ ...allRolesQuery, enabled: permissions.includes('access:roles:read') })
  const names = [...new Set(roles.data?.flatMap((role) => role.permissions))].sort()
  return (
    <>
      <Field
        {...plain}
        label={whyTexts.permission}
        hint={whyTexts.permissionHint}
        name="permission"
        list={listId}
        required
        maxLength={100}
        defaultValue={value}
      />
      <datalist id={listId}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  )
}

/** @param optional empty: the organisation as a whole. */
export const TypeField = ({ value, optional = false }: { value: string | undefined; optional?: boolean }) => (
  <Field
    {...plain}
    label={whyTexts.type}
    hint={optional ? whyTexts.typeOptional : whyTexts.typeHint}
    name="type"
    required={!optional}
    maxLength={100}
    defaultValue={value}
  />
)

export const IdField = (props: { value: string | undefined; optional?: boolean; error?: string | null }) => (
  <Field
    {...plain}
    label={whyTexts.id}
    hint={whyTexts.idHint}
    name="id"
    required={props.optional !== true}
    error={props.error}
    maxLength={200}
    defaultValue={props.value}
  />
)

/** What was typed, by the names of the fields; without those that are empty. */
export function typedIn(form: HTMLFormElement): Readonly<Record<string, string>> {
  const values = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()] as const)
  return Object.fromEntries(values.filter(([, value]) => value !== ''))
}
