import type { Role, RoleChange, RoleCreate } from '@custodia/wire/http/access.ts'
import type { Me } from '@custodia/wire/http/identity.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field, Tick } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { accessTexts } from '../texts-of-access.ts'
import { PermissionChoice } from './permission-choice.tsx'
import { allRolesQuery } from './queries.ts'
import { told, wrongAt } from './told.ts'

const aboutPermissions = ['ACCESS_NOT_YOURS_TO_GIVE', 'ACCESS_PERMISSION_UNKNOWN', 'ACCESS_EXPIRY_TOO_LATE']
const aboutIncludes = ['ACCESS_CYCLE', 'ACCESS_TOO_DEEP', 'ACCESS_ROLE_UNKNOWN']

/** Makes a role of the organisation's own, or changes one. @param before null for a new one. */
export function RoleWindow(props: { before: Role | null; me: Me; onClose: () => void }) {
  const { before: role } = props
  return (
    <Window
      onClose={props.onClose}
      title={role === null ? accessTexts.roles.make : accessTexts.roles.editTitle(role.name)}
      description={role === null ? accessTexts.roles.makeWhat : accessTexts.roles.editWhat}
    >
      <RoleForm {...props} />
    </Window>
  )
}

function RoleForm({ before: role, me, onClose }: { before: Role | null; me: Me; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [permissions, setPermissions] = useState<readonly string[]>(role?.ownPermissions ?? [])
  const [includes, setIncludes] = useState<readonly string[]>(role?.includes ?? [])
  const save = useMutation({
    mutationFn: ({ name, ...change }: RoleCreate) =>
      role === null
        ? request<Role>('POST', '/v1/roles', { name, ...change } satisfies RoleCreate)
        : request<Role>('PATCH', `/v1/roles/${encodeURIComponent(role.name)}`, change satisfies RoleChange),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['roles'] })
      onClose()
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const content = { permissions: [...permissions], includes: [...includes], privileged: form.has('privileged') }
    save.mutate({ name: role?.name ?? text('name'), summary: text('summary'), ...content })
  }
  const problem = told(save.error)
  const wrong = {
    name:
      problem?.field === 'body.name' ? accessTexts.roles.nameWrong : wrongAt(problem, 'name', ['ACCESS_ROLE_TAKEN']),
    summary: wrongAt(problem, 'summary'),
    permissions: wrongAt(problem, 'permissions', aboutPermissions),
    includes: wrongAt(problem, 'includes', aboutIncludes),
  }
  const elsewhere = problem !== null && Object.values(wrong).every((one) => one === null)
  return (
    <form onSubmit={submit} className="space-y-3">
      {role === null && (
        <Field
          label={accessTexts.roles.name}
          name="name"
          required
          maxLength={50}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          hint={accessTexts.roles.nameHint}
          error={wrong.name}
        />
      )}
      <Field
        label={accessTexts.roles.summary}
        name="summary"
        required
        maxLength={200}
        autoComplete="off"
        defaultValue={role?.summary}
        error={wrong.summary}
      />
      <PermissionChoice
        mine={me.permissions}
        chosen={permissions}
        onChange={setPermissions}
        error={wrong.permissions}
      />
      <Includes self={role?.name ?? null} chosen={includes} onChange={setIncludes} error={wrong.includes} />
      <Tick
        name="privileged"
        defaultChecked={role?.marked}
        label={accessTexts.roles.mark}
        help={accessTexts.roles.markWhat}
      />
      {elsewhere && <ProblemNotice problem={problem} />}
      <div className="flex justify-end gap-2 pt-3">
        <Button onClick={onClose}>{texts.common.cancel}</Button>
        <Button type="submit" look="primary" busy={save.isPending}>
          {role === null ? accessTexts.roles.make : texts.common.save}
        </Button>
      </div>
    </form>
  )
}

function Includes(props: {
  self: string | null
  chosen: readonly string[]
  onChange: (chosen: readonly string[]) => void
  error: string | null
}) {
  const { self, chosen, onChange } = props
  const roles = useQuery(allRolesQuery).data ?? []
  const others = roles.filter(({ name }) => name !== self)
  return (
    <fieldset>
      <legend className="font-medium">{accessTexts.roles.include}</legend>
      <p className="mb-2 text-[13px] text-muted">{accessTexts.roles.includeNote}</p>
      <ul className="max-h-44 overflow-y-auto rounded-md border border-line">
        {others.map(({ name }) => (
          <li key={name}>
            <label className="flex gap-3 px-3 py-1.5 hover:bg-hover">
              <input
                type="checkbox"
                className="mt-0.5 size-4 shrink-0 accent-accent"
                checked={chosen.includes(name)}
                onChange={({ target }) =>
                  onChange(target.checked ? [...chosen, name] : chosen.filter((one) => one !== name))
                }
              />
              <span className="min-w-0 break-all">{name}</span>
            </label>
          </li>
        ))}
      </ul>
      <p className="mt-1 min-h-5 text-[13px] text-bad" aria-live="polite">
        {props.error}
      </p>
    </fieldset>
  )
}
