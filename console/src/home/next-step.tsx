import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { factorsQuery } from '../api/queries.ts'
import { nextStep } from '../factors/ways.ts'
import { buttonClass } from '../parts/button.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice } from '../parts/notice.tsx'
import { homeTexts } from '../texts-of-home.ts'

/** What would do most for the account, where it should be done soon: a link, and until when. Silent where it is not known. */
export function NextStep() {
  const { data: factors } = useQuery(factorsQuery)
  const step = factors && nextStep(factors)
  if (step === undefined || step === 'safe' || step === 'passkey') return null
  return (
    <Notice
      kind={step === 'enrol' || step === 'stronger' || step === 'codes' ? 'info' : 'warn'}
      title={homeTexts.next[step]}
    >
      {step === 'enrol-soon' && factors?.enrolBefore != null && (
        <p>
          {homeTexts.before} <Moment at={factors.enrolBefore} />.
        </p>
      )}
      <Link to="/account/security" className={`mt-2 ${buttonClass({ look: 'secondary', size: 'small' })}`}>
        {homeTexts.toSecurity}
      </Link>
    </Notice>
  )
}
