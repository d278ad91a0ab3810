import type { DraftedPolicies, DraftPolicies, TestedPolicies } from '@custodia/wire/http/policies.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { useRef, useState } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { Page, Section } from '../parts/page.tsx'
import { policyTexts } from '../texts-of-policies.ts'
import { Findings } from './findings.tsx'
import { faultyLines, unreadable } from './lines.ts'
import { forgetVersions, testedQuery } from './queries.ts'
import type { TextEditorHandle } from './text-editor.tsx'
import { TextEditor } from './text-editor.tsx'

const none: ReadonlySet<number> = new Set()

/** Writes the next version. @param from the version whose text it begins with; 0 for an empty one. */
export function DraftPage(props: {
  from: number
  text: string
  onSaved: (version: number) => void
  onDiscard: () => void
}) {
  const queryClient = useQueryClient()
  const editor = useRef<TextEditorHandle>(null)
  const [text, setText] = useState(props.text)
  const [reason, setReason] = useState('')
  // What somebody wrote for an hour is not lost by a click beside it. What was saved may be left.
  const kept = useRef(false)
  const leaving = useBlocker({
    shouldBlockFn: () => !kept.current && text !== props.text,
    enableBeforeUnload: () => !kept.current && text !== props.text,
    withResolver: true,
  })
  const test = useMutation({
    mutationFn: (tested: string) => request<TestedPolicies>('POST', '/v1/policies/test', { text: tested }),
  })
  const save = useMutation({
    mutationFn: (body: DraftPolicies) => request<DraftedPolicies>('POST', '/v1/policies', body),
    onSuccess: async ({ version, findings }) => {
      queryClient.setQueryData(testedQuery(version.number).queryKey, findings)
      kept.current = true
      await forgetVersions(queryClient)
      props.onSaved(version.number)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    test.reset()
    save.mutate({ text, reason: reason.trim() })
  }
  const error = save.error ?? test.error
  const problem = error === null ? null : problemOf(error)
  const tested = problem === null ? (test.data ?? null) : unreadable(problem)
  const stale = text !== (save.error === null ? test.variables : save.variables?.text)
  return (
    <Page title={policyTexts.draftTitle} answer={policyTexts.draftAnswer} note={policyTexts.draftFrom(props.from)}>
      <form onSubmit={submit} className="space-y-6">
        <TextEditor
          ref={editor}
          text={text}
          faulty={tested === null || stale ? none : faultyLines(tested)}
          onChange={setText}
        />
        <div className="max-w-xl">
          <Field
            label={policyTexts.reason}
            hint={policyTexts.reasonHint}
            required
            maxLength={500}
            autoComplete="off"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            error={fieldError(problem, 'reason')}
          />
        </div>
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" busy={save.isPending} disabled={reason.trim() === ''}>
            {policyTexts.save}
          </Button>
          <Button
            busy={test.isPending}
            onClick={() => {
              save.reset()
              test.mutate(text)
            }}
          >
            {policyTexts.test}
          </Button>
          <Button look="quiet" onClick={props.onDiscard}>
            {policyTexts.discard}
          </Button>
        </div>
      </form>
      {problem !== null && tested === null && <ProblemNotice problem={problem} />}
      {tested !== null && (
        <Section
          title={policyTexts.findings}
          aside={
            <span role="status" className="text-[13px] text-muted">
              {stale && policyTexts.stale}
            </span>
          }
        >
          <Findings
            key={test.submittedAt + save.submittedAt}
            tested={tested}
            onLine={(line) => editor.current?.goTo(line)}
          />
        </Section>
      )}
      {leaving.status === 'blocked' && (
        <Confirm
          title={policyTexts.leaveTitle}
          verb={policyTexts.leave}
          onClose={leaving.reset}
          act={{ isPending: false, error: null, mutate: leaving.proceed }}
        >
          {policyTexts.leaveWhat}
        </Confirm>
      )}
    </Page>
  )
}
