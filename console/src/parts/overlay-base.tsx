import { AlertDialog } from '@base-ui/react/alert-dialog'
import { Dialog } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { isAsking } from '../api/fresh.ts'
import { problemOf } from '../api/problem.ts'
import { texts } from '../texts.ts'
import { Button } from './button.tsx'
import { CloseIcon } from './icons.tsx'
import { ProblemNotice } from './notice.tsx'

const veil = `fixed inset-0 bg-veil transition-opacity duration-150 data-starting-style:opacity-0`
const centred = `fixed top-1/2 left-1/2 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] max-w-md -translate-1/2
  overflow-y-auto rounded-xl border border-line bg-raised p-6 shadow-overlay outline-none
  transition-[opacity,scale] duration-150
  data-starting-style:scale-98 data-starting-style:opacity-0`
const sheet = `fixed inset-y-0 right-0 w-full max-w-md overflow-y-auto border-l border-line bg-raised shadow-overlay
  outline-none transition-[opacity,translate] duration-200 data-starting-style:translate-x-8 data-starting-style:opacity-0`

type Props = { onClose: () => void; title: string; children: ReactNode }

/** What was typed stays while somebody is asked, in front of it, to confirm that it is them. */
const unlessAsking = (onClose: () => void) => (next: boolean) => {
  if (!next && !isAsking()) onClose()
}

function CloseButton() {
  return (
    <Dialog.Close
      aria-label={texts.common.close}
      className="absolute top-4 right-4 flex size-8 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
    >
      <CloseIcon />
    </Dialog.Close>
  )
}

/**
 * A small task in front of the page.
 *
 * @param foremost it is the question itself that everything else waits for.
 */
export function Window(props: Props & { description?: string; foremost?: boolean }) {
  const { onClose, title, children, description, foremost = false } = props
  return (
    <Dialog.Root open onOpenChange={foremost ? (next) => next || onClose() : unlessAsking(onClose)}>
      <Dialog.Portal>
        {/* It may stand in front of a sheet, which then is veiled too. */}
        <Dialog.Backdrop forceRender className={veil} />
        <Dialog.Popup className={centred}>
          <Dialog.Title className="pr-8 text-lg font-semibold tracking-tight">{title}</Dialog.Title>
          {description !== undefined && (
            <Dialog.Description className="mt-1 text-muted">{description}</Dialog.Description>
          )}
          <div className="mt-5">{children}</div>
          <CloseButton />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** One thing of a list, beside the list. */
export function Sheet({ onClose, title, children }: Props) {
  return (
    <Dialog.Root open onOpenChange={unlessAsking(onClose)}>
      <Dialog.Portal>
        <Dialog.Backdrop className={veil} />
        <Dialog.Popup className={sheet}>
          <Dialog.Title className="truncate px-6 pt-5 pr-14 text-lg font-semibold tracking-tight">{title}</Dialog.Title>
          {children}
          <CloseButton />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/**
 * Asks before an act that hurts. `children` say what will happen to whom, in numbers; the button repeats the verb.
 *
 * @param act.error shown in place: the question stays open until the act succeeded or is given up.
 */
export function Confirm(
  props: Props & { verb: string; act: { isPending: boolean; error: unknown; mutate: () => void }; gentle?: boolean },
) {
  return (
    <AlertDialog.Root open onOpenChange={unlessAsking(props.onClose)}>
      <AlertDialog.Portal>
        {/* It may stand in front of a sheet, which then is veiled too. */}
        <AlertDialog.Backdrop forceRender className={veil} />
        <AlertDialog.Popup className={centred}>
          <AlertDialog.Title className="text-lg font-semibold tracking-tight">{props.title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className="mt-2 text-muted">
            {props.children}
          </AlertDialog.Description>
          {props.act.error !== null && props.act.error !== undefined && (
            <div className="mt-4">
              <ProblemNotice problem={problemOf(props.act.error)} />
            </div>
          )}
          <div className="mt-6 flex justify-end gap-2 max-sm:flex-col-reverse">
            <AlertDialog.Close render={<Button>{texts.common.cancel}</Button>} />
            <Button
              look={props.gentle === true ? 'primary' : 'danger'}
              busy={props.act.isPending}
              onClick={() => props.act.mutate()}
            >
              {props.verb}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
