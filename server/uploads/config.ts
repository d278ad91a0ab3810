import { parseClamdAddress } from '@custodia/edge/uploads/clamd.ts'
import type { KindName } from '@custodia/edge/uploads/kinds.ts'
import { kindNames } from '@custodia/edge/uploads/kinds.ts'
import { usualPolicy } from '@custodia/edge/uploads/policy.ts'
import { setting } from '../platform/config/setting.ts'
import { hostName } from '../platform/http/hosts.ts'

const maxBytes = 104_857_600

export const config = {
  scanner: setting.oneOf({
    description: 'What scans files for malware. Off: none does, and files are taken all the same.',
    example: 'clamd',
    default: 'clamd',
    values: ['clamd', 'off'],
  }),
  clamd: setting.optionalCheckedText({
    description: 'Where clamd listens. Without it no file is taken, unless `scanner` is off.',
    shape: 'unix:/PATH or HOST:PORT',
    example: 'unix:/run/clamav/clamd.ctl',
    check(text) {
      parseClamdAddress(text)
      return text
    },
  }),
  clamdTimeoutSeconds: setting.number({
    description: 'How long one scan may take. What takes longer stays in quarantine.',
    example: '60',
    default: 60,
    min: 1,
    max: 600,
    unit: 'seconds',
  }),
  host: setting.optionalCheckedText({
    description:
      'A host name that has nothing but files to load: what runs in one of them runs beside no session. Without it there are no links.',
    shape: 'a host name in lower case, other than that of the public URL and of every application',
    example: 'files.custodia.localhost',
    check(text) {
      if (hostName(text) !== text) throw new Error('it is not a host name in lower case, without port')
      return text
    },
  }),
  linkSeconds: setting.number({
    description: 'How long a link holds.',
    example: '60',
    default: 120,
    min: 10,
    max: 3_600,
    unit: 'seconds',
  }),
  maxBytes: setting.number({
    description: 'The largest file that is taken.',
    example: '10485760',
    default: usualPolicy.maxBytes,
    min: 1_024,
    max: maxBytes,
    unit: 'bytes',
  }),
  kinds: setting.texts({
    description: 'What files may be. SVG, where it is named, is drawn into a PNG; HTML can’t be named.',
    shape: `a list of ${kindNames.join(', ')}`,
    example: 'png, jpeg, pdf',
    default: usualPolicy.kinds,
    max: 50,
    check(name) {
      if (!kindNames.includes(name as KindName)) throw new Error(`${name} is no kind of file`)
      return name
    },
  }),
  quotaMegabytes: setting.number({
    description: 'How much one application, person or service account may keep in an organisation.',
    example: '1000',
    default: 10_240,
    min: 1,
    max: 10_000_000,
    unit: 'megabytes',
  }),
  quotaPerSubjectMegabytes: setting.number({
    description: 'How much may be kept of one person, by whomever.',
    example: '1000',
    default: 2_048,
    min: 1,
    max: 10_000_000,
    unit: 'megabytes',
  }),
  maxUnderWay: setting.number({
    description: 'How many files one application, person or service account may be sending at once.',
    example: '8',
    default: 8,
    min: 1,
    max: 1_000,
    unit: 'files',
  }),
  keepDays: setting.number({
    description: 'How long a file is kept where whoever sends it does not say.',
    example: '365',
    default: 365,
    min: 1,
    max: 3_650,
    unit: 'days',
  }),
  quarantineHours: setting.number({
    description: 'How long a file waits for a scanner that does not answer, before it is refused.',
    example: '24',
    default: 24,
    min: 1,
    max: 720,
    unit: 'hours',
  }),
}
