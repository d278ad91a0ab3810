import type { Demand } from '@custodia/wire/http/factors.ts'
import { securityTexts } from '../texts-of-security.ts'

const demands: readonly Demand[] = ['optional', 'required', 'phishing-resistant']

/** What everybody must prove, each choice with what it is. */
export function DemandChoice(props: { value: Demand; onChange: (demand: Demand) => void; disabled: boolean }) {
  return (
    <fieldset disabled={props.disabled}>
      <legend className="mb-1.5 font-medium">{securityTexts.policy.everybody}</legend>
      <ul className="divide-y divide-line rounded-md border border-line">
        {demands.map((demand) => (
          <li key={demand}>
            <label className="flex gap-3 px-3 py-2.5 hover:bg-hover">
              <input
                type="radio"
                name="secondFactor"
                className="mt-0.5 size-4 shrink-0 accent-accent"
                checked={props.value === demand}
                onChange={() => props.onChange(demand)}
              />
              <span className="min-w-0">
                <span className="block font-medium">{securityTexts.policy.demands[demand]}</span>
                <span className="block text-[13px] text-muted">{securityTexts.policy.demandHelp[demand]}</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  )
}
