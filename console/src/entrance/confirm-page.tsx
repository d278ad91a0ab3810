import { Link } from '@tanstack/react-router'
import { texts } from '../texts.ts'
import { ConfirmForm } from './confirm-form.tsx'
import { Gate } from './gate.tsx'

/**
 * Where an application, through the gateway, wants to know that it is still the same person.
 *
 * @param note what it is for.
 */
export function ConfirmPage(props: { email: string; note: string; onConfirmed: () => Promise<void> }) {
  return (
    <Gate page={texts.confirm.title} heading={texts.confirm.title} note={props.note}>
      <ConfirmForm
        email={props.email}
        onConfirmed={props.onConfirmed}
        weak={
          <Link to="/account/security" className="font-medium text-link underline-offset-2 hover:underline">
            {texts.step.addSecond}
          </Link>
        }
      />
    </Gate>
  )
}
