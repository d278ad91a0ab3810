import type { Theme, ThemeChange } from '@custodia/wire/http/theme.ts'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { organisationTexts } from '../texts-of-organisation.ts'
import { useTheme, wear } from '../theme/theme.ts'
import { LogoChoice } from './logo-choice.tsx'
import { Preview } from './preview.tsx'
import type { Draft } from './wanted.ts'
import { adjustedIn, changeOf, readColour } from './wanted.ts'

/** How do our pages look? Shows what a change would make of them before it is saved. */
export function LookPage() {
  const theme = useTheme()
  const { plain, named, dressed } = organisationTexts.answers
  const own = theme.accent !== null || theme.logo !== null
  return (
    <Page
      title={organisationTexts.title}
      answer={theme.name !== null ? named(theme.name) : own ? dressed : plain}
      note={organisationTexts.note}
    >
      <LookForm saved={theme} />
    </Page>
  )
}

function LookForm({ saved }: { saved: Theme }) {
  const { data: me } = useSuspenseQuery(meQuery)
  const [draft, setDraft] = useState<Draft>({ name: saved.name ?? '', colour: saved.accent ?? '' })
  const save = useMutation({
    mutationFn: (body: ThemeChange) => request<Theme>('PATCH', '/v1/theme', body),
    onSuccess: async (theme) => {
      await wear(theme)
      setDraft({ name: theme.name ?? '', colour: theme.accent ?? '' })
    },
  })
  const change = (part: Partial<Draft>) => {
    save.reset()
    setDraft((now) => ({ ...now, ...part }))
  }
  const accent = readColour(draft.colour)
  const wanted = changeOf(saved, draft)
  const changed = Object.keys(wanted).length > 0
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (changed && accent !== undefined) save.mutate(wanted)
  }
  const disabled = !me.permissions.includes('identity:theme:write') || save.isPending
  const problem = save.error === null ? null : problemOf(save.error)
  const logo = draft.logo === undefined ? saved.logo : (draft.logo?.bitmap ?? null)
  const wrongName = fieldError(problem, 'name')
  const adjusted = accent === undefined || accent === null ? null : adjustedIn(accent)
  return (
    <form onSubmit={submit} className="max-w-xl space-y-10">
      <div className="space-y-5">
        <Field
          label={organisationTexts.name}
          hint={organisationTexts.nameHint}
          maxLength={60}
          autoComplete="organization"
          disabled={disabled}
          value={draft.name}
          onChange={(event) => change({ name: event.target.value })}
          error={wrongName === null ? null : organisationTexts.nameWrong}
        />
        <Field
          label={organisationTexts.colour}
          hint={adjusted === null ? organisationTexts.colourHint : organisationTexts.adjusted[adjusted]}
          maxLength={9}
          spellCheck={false}
          autoCapitalize="off"
          disabled={disabled}
          value={draft.colour}
          onChange={(event) => change({ colour: event.target.value })}
          error={accent === undefined ? organisationTexts.colourWrong : fieldError(problem, 'accent')}
          trailing={
            <input
              type="color"
              aria-label={organisationTexts.pick}
              disabled={disabled}
              value={accent ?? '#2d5bd7'}
              onChange={(event) => change({ colour: event.target.value })}
              className="absolute inset-y-1 right-1 h-auto w-9 cursor-pointer rounded"
            />
          }
        />
        <LogoChoice
          has={logo !== null}
          disabled={disabled}
          error={fieldError(problem, 'logo.data') ?? fieldError(problem, 'logo')}
          onChange={(picture) => change({ logo: picture })}
        />
      </div>
      <Section title={organisationTexts.preview}>
        <Preview name={draft.name.trim() === '' ? null : draft.name.trim()} accent={accent ?? null} logo={logo} />
      </Section>
      <div className="space-y-4">
        {save.isSuccess && !changed && <Notice kind="good" title={organisationTexts.saved} />}
        {problem !== null && <ProblemNotice problem={problem} />}
        <Button
          type="submit"
          look="primary"
          busy={save.isPending}
          disabled={disabled || !changed || accent === undefined}
        >
          {organisationTexts.save}
        </Button>
      </div>
    </form>
  )
}
