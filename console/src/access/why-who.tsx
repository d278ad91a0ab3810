import type { Me } from '@custodia/wire/http/identity.ts'
import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { meQuery } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { Select } from '../parts/field.tsx'
import { Page } from '../parts/page.tsx'
import { whyTexts } from '../texts-of-access-why.ts'
import { useNames } from './names.ts'
import { IdField, PermissionField, TypeField, typedIn } from './why-fields.tsx'
import { Denied, Nothing, WhyList } from './why-list.tsx'
import type { SubjectKind } from './why-path.ts'
import { subjectsQuery } from './why-queries.ts'

const route = getRouteApi('/inside/access/who')
const kinds = Object.keys(whyTexts.who.kinds) as readonly SubjectKind[]

type Wanted = { kind?: string; permission?: string; type?: string; id?: string }

/** Who may do one thing, with one resource or in the organisation, and why? */
export function WhoPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const { open, ...wanted } = route.useSearch()
  const navigate = route.useNavigate()
  const mayAsk = me.permissions.includes('access:check')
  const { permission } = wanted
  return (
    <Page title={whyTexts.who.title} answer={whyTexts.who.answer} note={whyTexts.who.note}>
      {mayAsk ? (
        <>
          <Question
            key={JSON.stringify(wanted)}
            wanted={wanted}
            me={me}
            onAsk={(next) => void navigate({ search: next })}
          />
          {permission !== undefined && (
            <Answer
              wanted={{ ...wanted, permission }}
              open={open}
              onOpen={(id) =>
                void navigate({
                  search: id === undefined ? wanted : { ...wanted, open: id },
                  replace: true,
                  resetScroll: false,
                })
              }
            />
          )}
        </>
      ) : (
        <Denied />
      )}
    </Page>
  )
}

function Question({ wanted, me, onAsk }: { wanted: Wanted; me: Me; onAsk: (wanted: Wanted) => void }) {
  const [half, setHalf] = useState(false)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const typed = typedIn(event.currentTarget)
    const isHalf = (typed.type === undefined) !== (typed.id === undefined)
    setHalf(isHalf)
    if (!isHalf) onAsk(typed)
  }
  return (
    <search aria-label={whyTexts.who.form}>
      <form onSubmit={submit} className="grid gap-x-4 gap-y-2 md:grid-cols-2">
        <Select label={whyTexts.who.kind} name="kind" defaultValue={kindOf(wanted.kind)}>
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {whyTexts.who.kinds[kind]}
            </option>
          ))}
        </Select>
        <PermissionField permissions={me.permissions} value={wanted.permission} />
        <TypeField value={wanted.type} optional />
        <IdField value={wanted.id} optional error={half ? whyTexts.both : null} />
        <div>
          <Button look="primary" type="submit">
            {whyTexts.show}
          </Button>
        </div>
      </form>
    </search>
  )
}

const kindOf = (text: string | undefined): SubjectKind => kinds.find((kind) => kind === text) ?? 'user'

function Answer(props: {
  wanted: Wanted & { permission: string }
  open: string | undefined
  onOpen: (id: string | undefined) => void
}) {
  const { permission, type, id } = props.wanted
  const kind = kindOf(props.wanted.kind)
  const resource = type === undefined || id === undefined ? null : { type, id }
  const list = useInfiniteQuery(subjectsQuery(kind, permission, resource))
  const nameOf = useNames()
  const found = list.data?.pages.flatMap(({ results }) => results)
  const { none, noneHelp, noneYet, noneYetHelp } = whyTexts.who
  return (
    <WhyList
      title={whyTexts.who.list}
      list={list}
      lines={found?.map((one) => {
        const name = nameOf(one.id)
        const asked = { subject: { type: kind, id: one.id }, permission, resource }
        return { id: one.id, name, ...(name === one.id ? {} : { note: one.id }), asked }
      })}
      open={props.open}
      onOpen={props.onOpen}
      empty={
        list.hasNextPage ? <Nothing title={noneYet} help={noneYetHelp} /> : <Nothing title={none} help={noneHelp} />
      }
    />
  )
}
