import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openPlaces } from './places.ts'
import { writeMmdb } from './write-mmdb.ts'

const nothing = { country: null, latitude: null, longitude: null, asn: null }
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'custodia-mmdb-'))
})
after(async () => await rm(folder, { recursive: true }))

async function file(name: string, content: Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const cities = () =>
  file(
    'city.mmdb',
    writeMmdb([
      {
        network: '198.51.100.0/24',
        record: { country: { iso_code: 'DE' }, location: { latitude: 52.5243, longitude: 13.4105 } },
      },
      {
        network: '203.0.113.0/25',
        record: { country: { iso_code: 'NZ' }, location: { latitude: -41.28, longitude: 174.77 } },
      },
      { network: '203.0.113.128/25', record: { country_code: 'FR' } },
      {
        network: '192.0.2.0/28',
        record: { country: { iso_code: '<script>' }, location: { latitude: 'x', longitude: 1_000.5 } },
      },
      { network: '192.0.2.16/28', record: 'no map at all' },
    ]),
  )

test('country, whole degrees and provider of a network come from the files', async () => {
  const asn = await file(
    'asn.mmdb',
    writeMmdb([{ network: '198.51.0.0/16', record: { autonomous_system_number: 64_500 } }]),
  )
  const places = openPlaces({ country: await cities(), asn })
  assert.deepEqual(places.find('198.51.100.7'), { country: 'DE', latitude: 53, longitude: 13, asn: 64_500 })
  assert.deepEqual(places.find('198.51.7.7'), { ...nothing, asn: 64_500 })
  assert.deepEqual(places.find('203.0.113.1'), { country: 'NZ', latitude: -41, longitude: 175, asn: null })
  assert.deepEqual(places.find('203.0.113.200'), { ...nothing, country: 'FR' })
})

test('an address that no file knows, of another family or no address at all is nowhere', async () => {
  const places = openPlaces({ country: await cities(), asn: null })
  for (const address of ['9.9.9.9', '2001:db8::1', 'fe80::1%eth0', 'unknown', '', '198.51.100.7.9'])
    assert.deepEqual(places.find(address), nothing, address)
})

test('records of another shape say nothing', async () => {
  const places = openPlaces({ country: await cities(), asn: await cities() })
  for (const address of ['192.0.2.1', '192.0.2.17']) assert.deepEqual(places.find(address), nothing, address)
})

test('without files every address is nowhere', () => {
  assert.deepEqual(openPlaces({ country: null, asn: null }).find('198.51.100.7'), nothing)
})

test('a file that is missing or no database ends the start, and says which it is', async () => {
  for (const path of [join(folder, 'absent.mmdb'), await file('text.mmdb', Buffer.from('no database at all')), folder])
    assert.throws(() => openPlaces({ country: path, asn: null }), new RegExp(`${path} can't be read`))
})

test('a file that is broken in the middle keeps nobody from signing in', async () => {
  const whole = writeMmdb([{ network: '198.51.100.0/24', record: { country: { iso_code: 'DE' } } }])
  const broken = Buffer.from(whole)
  broken.fill(0xff, 24 * 6 + 16, 24 * 6 + 20)
  const places = openPlaces({ country: await file('broken.mmdb', broken), asn: null })
  assert.deepEqual(places.find('198.51.100.7'), nothing)
})
