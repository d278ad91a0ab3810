import { Button } from '../parts/button.tsx'
import { Code } from '../parts/code.tsx'
import { Window } from '../parts/overlay.tsx'
import { webhookTexts } from '../texts-of-webhooks.ts'

/** The secret of an endpoint, this once: it leaves memory when the window closes. */
export function SecretOnce({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Window onClose={onClose} title={webhookTexts.secretTitle} description={webhookTexts.secretWhat}>
      <p className="mb-1.5 font-medium">{webhookTexts.secret}</p>
      <p className="rounded-md border border-line bg-sunken p-3">
        <Code text={secret} label={webhookTexts.copy} />
      </p>
      <div className="mt-6 flex justify-end">
        <Button look="primary" onClick={onClose}>
          {webhookTexts.copied}
        </Button>
      </div>
    </Window>
  )
}
