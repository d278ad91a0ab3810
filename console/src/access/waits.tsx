import { Button } from '../parts/button.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { accessTexts } from '../texts-of-access.ts'

/** Says that what was asked for is not done yet. */
export function Waits({ onClose }: { onClose: () => void }) {
  return (
    <Window onClose={onClose} title={accessTexts.waits} description={accessTexts.waitsWhat}>
      <div className="flex justify-end">
        <Button look="primary" onClick={onClose}>
          {texts.common.close}
        </Button>
      </div>
    </Window>
  )
}
