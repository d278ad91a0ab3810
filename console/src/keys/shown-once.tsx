import type { IssuedKey } from '@custodia/wire/http/keys.ts'
import { Button } from '../parts/button.tsx'
import { Code } from '../parts/code.tsx'
import { Window } from '../parts/overlay.tsx'
import { keyTexts } from '../texts-of-keys.ts'
import { nameOf } from './key-list.tsx'

/** The secret of a key, this once: it leaves memory when the window closes. */
export function ShownOnce({ issued, onClose }: { issued: IssuedKey; onClose: () => void }) {
  const { key, token, signingSecret } = issued
  const parts = [
    { title: keyTexts.id, text: key.id },
    { title: keyTexts.token, text: token },
    { title: keyTexts.secret, text: signingSecret },
  ]
  return (
    <Window onClose={onClose} title={keyTexts.madeTitle} description={keyTexts.made(nameOf(key))}>
      <dl className="space-y-4">
        {parts.map(
          ({ title, text }) =>
            text !== null && (
              <div key={title}>
                <dt className="mb-1.5 font-medium">{title}</dt>
                <dd className="rounded-md border border-line bg-sunken p-3">
                  <Code text={text} label={`${keyTexts.copy}: ${title}`} />
                </dd>
              </div>
            ),
        )}
      </dl>
      <div className="mt-6 flex justify-end">
        <Button look="primary" onClick={onClose}>
          {keyTexts.copied}
        </Button>
      </div>
    </Window>
  )
}
