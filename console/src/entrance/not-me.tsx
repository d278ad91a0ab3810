import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'
import { Gate } from './gate.tsx'
import { OneTimeLink } from './one-time-link.tsx'

/** 'This was not me', from a mail: nothing happens before it is pressed, since mail programs open links by themselves. */
export function NotMePage() {
  const { notMeTitle, notMeNote, notMeSubmit, notMeDone, notMeDoneNote } = texts.recover
  return (
    <OneTimeLink purposes={['not-me']} page={notMeTitle}>
      {(token) => (
        <UseLink
          path="/v1/not-me"
          token={token}
          words={{ title: notMeTitle, note: notMeNote, submit: notMeSubmit, done: notMeDone, doneNote: notMeDoneNote }}
        />
      )}
    </OneTimeLink>
  )
}

/** Stops a recovery that administrators asked for, from the mail about it. */
export function CancelRecoveryPage() {
  const { cancelTitle, cancelNote, cancelSubmit, cancelDone, cancelDoneNote } = texts.recover
  const words = {
    title: cancelTitle,
    note: cancelNote,
    submit: cancelSubmit,
    done: cancelDone,
    doneNote: cancelDoneNote,
  }
  return (
    <OneTimeLink purposes={['recovery-cancel']} page={cancelTitle}>
      {(token) => <UseLink path="/v1/recovery/cancel" token={token} words={words} />}
    </OneTimeLink>
  )
}

type Words = Record<'title' | 'note' | 'submit' | 'done' | 'doneNote', string>

function UseLink({ path, token, words }: { path: string; token: string; words: Words }) {
  const use = useMutation({ mutationFn: () => request('POST', path, { token }) })
  if (use.isSuccess) {
    return (
      <Gate page={words.title} heading={words.done} note={words.doneNote}>
        <Link to="/sign-in" className="font-medium text-link underline-offset-2 hover:underline">
          {texts.link.toSignIn}
        </Link>
      </Gate>
    )
  }
  return (
    <Gate page={words.title} heading={words.title} note={words.note}>
      <div className="space-y-4">
        <Button look="danger" className="w-full" busy={use.isPending} onClick={() => use.mutate()}>
          {words.submit}
        </Button>
        {use.error !== null && <ProblemNotice problem={problemOf(use.error)} />}
      </div>
    </Gate>
  )
}
