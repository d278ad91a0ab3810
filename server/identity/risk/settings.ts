import { setting } from '../../platform/config/setting.ts'

/** When a sign-in is too unlike the person's others. In tenths of a power of ten, as in 20: a hundred times likelier of somebody else. */
export const riskSettings = {
  riskAsk: setting.number({
    description:
      'Above which risk a sign-in is asked for a second factor, whatever the policy demands. At 0 it is as likely of somebody else.',
    example: '15',
    default: 0,
    min: -100,
    max: 200,
    unit: 'tenths of a power of ten',
  }),
  riskRefuse: setting.number({
    description: 'Above which risk a sign-in is refused. 0 refuses none.',
    example: '60',
    default: 0,
    min: 0,
    max: 200,
    unit: 'tenths of a power of ten',
  }),
  riskNotify: setting.number({
    description: 'Above which risk the person is told of a sign-in that succeeded.',
    example: '30',
    default: 10,
    min: -100,
    max: 200,
    unit: 'tenths of a power of ten',
  }),
  countryDatabase: setting.optionalText({
    description:
      'A file that says in which country a network is (MMDB). Databases of cities also tell how fast somebody travelled.',
    example: '/var/lib/custodia/city.mmdb',
    shape: 'a path',
  }),
  asnDatabase: setting.optionalText({
    description: 'A file that says which provider has a network (MMDB).',
    example: '/var/lib/custodia/asn.mmdb',
    shape: 'a path',
  }),
}
