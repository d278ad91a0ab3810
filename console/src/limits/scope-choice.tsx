import { Select } from '../parts/field.tsx'
import { limitTexts } from '../texts-of-limits.ts'

/** For whom it is to hold; nothing to choose for whoever may decide for their own organisation only. */
export function ScopeChoice({ mayAll }: { mayAll: boolean }) {
  if (!mayAll) return null
  return (
    <Select label={limitTexts.scope} name="scope">
      <option value="installation">{limitTexts.scopes.installation}</option>
      <option value="organisation">{limitTexts.scopes.organisation}</option>
    </Select>
  )
}

export const scopeOf = (form: FormData): 'organisation' | 'installation' =>
  form.get('scope') === 'installation' ? 'installation' : 'organisation'
