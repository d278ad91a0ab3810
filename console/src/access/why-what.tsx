import type { Me } from '@custodia/wire/http/identity.ts'
import { useInfiniteQuery, useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { Select } from '../parts/field.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { whyTexts } from '../texts-of-access-why.ts'
import { useNames } from './names.ts'
import type { Chosen } from './subject-field.tsx'
import { SubjectField, subjectOf } from './subject-field.tsx'
import { Why } from './why.tsx'
import { IdField, PermissionField, TypeField, typedIn } from './why-fields.tsx'
import { Denied, Nothing, WhyList } from './why-list.tsx'
import type { Asked } from './why-path.ts'
import { actionsQuery, resourcesQuery } from './why-queries.ts'

const route = getRouteApi('/inside/access/what')

type Ask = keyof typeof whyTexts.what.asks
const asks = Object.keys(whyTexts.what.asks) as readonly Ask[]
const askOf = (text: string | undefined): Ask => asks.find((one) => one === text) ?? 'everything'

type Wanted = { subject?: string; ask?: string; permission?: string; type?: string; id?: string }

/** What may one person or service account do, with which resources, and why? */
export function WhatPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const { open, ...wanted } = route.useSearch()
  const navigate = route.useNavigate()
  const { subject } = wanted
  const onOpen = (id: string | undefined) =>
    void navigate({
      search: id === undefined ? wanted : { ...wanted, open: id },
      replace: true,
      resetScroll: false,
    })
  return (
    <Page title={whyTexts.what.title} answer={whyTexts.what.answer} note={whyTexts.what.note}>
      {me.permissions.includes('access:check') ? (
        <>
          <Question
            key={JSON.stringify(wanted)}
            wanted={wanted}
            me={me}
            onAsk={(next) => void navigate({ search: next })}
          />
          {subject !== undefined && <Answer wanted={{ ...wanted, subject }} open={open} onOpen={onOpen} />}
        </>
      ) : (
        <Denied />
      )}
    </Page>
  )
}

const chosenOf = (subject = ''): Chosen => ({
  kind: subject.startsWith('svc_') ? 'service' : 'person',
  text: subject,
})

function Question({ wanted, me, onAsk }: { wanted: Wanted; me: Me; onAsk: (wanted: Wanted) => void }) {
  const [chosen, choose] = useState(chosenOf(wanted.subject))
  const [ask, setAsk] = useState(askOf(wanted.ask))
  const [half, setHalf] = useState(false)
  // An address is no part of the page's own: only whom it belongs to.
  const find = useMutation({
    mutationFn: (_typed: Readonly<Record<string, string>>) => subjectOf(chosen),
    onSuccess: (subject, typed) => {
      if (subject !== null) onAsk({ ...typed, subject, ask })
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const typed = typedIn(event.currentTarget)
    const isHalf = ask === 'one' && (typed.type === undefined) !== (typed.id === undefined)
    setHalf(isHalf)
    if (!isHalf) find.mutate(typed)
  }
  return (
    <search aria-label={whyTexts.what.form}>
      <form onSubmit={submit} className="grid gap-x-4 gap-y-3 md:grid-cols-2">
        <SubjectField
          permissions={me.permissions}
          except=""
          kinds={['person', 'service']}
          value={chosen}
          onChange={(value) => {
            find.reset()
            choose(value)
          }}
          error={find.isSuccess && find.data === null ? accessTexts.subject.nobody : null}
        />
        <div className="space-y-2">
          <Select label={whyTexts.what.ask} value={ask} onChange={(event) => setAsk(askOf(event.target.value))}>
            {asks.map((one) => (
              <option key={one} value={one}>
                {whyTexts.what.asks[one]}
              </option>
            ))}
          </Select>
          {(ask === 'resources' || ask === 'one') && (
            <PermissionField permissions={me.permissions} value={wanted.permission} />
          )}
          {ask !== 'everything' && <TypeField value={wanted.type} optional={ask === 'one'} />}
          {(ask === 'resource' || ask === 'one') && (
            <IdField value={wanted.id} optional={ask === 'one'} error={half ? whyTexts.both : null} />
          )}
        </div>
        {find.error !== null && (
          <div className="md:col-span-2">
            <ProblemNotice problem={problemOf(find.error)} />
          </div>
        )}
        <div>
          <Button look="primary" type="submit" busy={find.isPending}>
            {whyTexts.show}
          </Button>
        </div>
      </form>
    </search>
  )
}

type AnswerProps = {
  wanted: Wanted & { subject: string }
  open: string | undefined
  onOpen: (id: string | undefined) => void
}

/** What the address leaves out is not asked for. */
function Answer(props: AnswerProps) {
  const { subject: id, ask, permission, type, id: resourceId } = props.wanted
  const subject = { type: id.startsWith('svc_') ? 'service' : 'user', id } as const
  const resource = type === undefined || resourceId === undefined ? null : { type, id: resourceId }
  const { open, onOpen } = props
  switch (askOf(ask)) {
    case 'everything':
      return <Permissions {...{ subject, open, onOpen }} resource={null} />
    case 'resource':
      return resource === null ? null : <Permissions {...{ subject, resource, open, onOpen }} />
    case 'resources':
      return permission === undefined || type === undefined ? null : (
        <Resources {...{ subject, permission, type, open, onOpen }} />
      )
    case 'one':
      return permission === undefined ? null : (
        <Section title={permission}>
          <Why asked={{ subject, permission, resource }} />
        </Section>
      )
  }
}

type Opening = Pick<AnswerProps, 'open' | 'onOpen'>

function Permissions({ subject, resource, ...opening }: Pick<Asked, 'subject' | 'resource'> & Opening) {
  const list = useInfiniteQuery(actionsQuery({ subject, resource }))
  const nameOf = useNames()
  const found = list.data?.pages.flatMap(({ results }) => results)
  return (
    <WhyList
      title={whyTexts.what.permissions(nameOf(subject.id))}
      list={list}
      lines={found?.map(({ name }) => ({ id: name, name, asked: { subject, permission: name, resource } }))}
      empty={<Nothing title={whyTexts.what.none} help={whyTexts.what.noneHelp} />}
      {...opening}
    />
  )
}

type Wish = { subject: Asked['subject']; permission: string; type: string }

function Resources({ subject, permission, type, ...opening }: Wish & Opening) {
  const list = useInfiniteQuery(resourcesQuery(subject, permission, type))
  const found = list.data?.pages.flatMap(({ results }) => results)
  return (
    <>
      {list.data?.pages[0]?.context.everything === true && (
        <Notice kind="info" title={whyTexts.what.everything}>
          {whyTexts.what.everythingHelp}
        </Notice>
      )}
      <WhyList
        title={whyTexts.what.resources(permission, type)}
        list={list}
        lines={found?.map(({ id }) => ({
          id,
          name: id,
          asked: { subject, permission, resource: { type, id } },
        }))}
        empty={<Nothing title={whyTexts.what.none} help={whyTexts.what.noneHelp} />}
        {...opening}
      />
    </>
  )
}
