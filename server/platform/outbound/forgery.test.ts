import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import type { RequestListener } from 'node:http'
import { after, before, test } from 'node:test'
import { OutboundError } from '@custodia/edge/outbound/outbound-error.ts'
import { outboundPost } from '@custodia/edge/outbound/post.ts'
import { secureServer } from './testing.ts'

// Server-side request forgery: somebody names an address, and this machine is to call it from where they can not.

let reached = 0
let answer: RequestListener = (_request, response) => void response.end('hello')
let server: Awaited<ReturnType<typeof secureServer>>
before(async () => {
  server = await secureServer((request, response) => {
    reached += 1
    answer(request, response)
  })
})
after(() => server.close())

const body = Buffer.from('{}')
const stop = new AbortController().signal
type Changes = Partial<Parameters<typeof outboundPost>[1]>
const post = (url: string, changes: Changes = {}) =>
  outboundPost(new URL(url), { body, timeoutMs: 30_000, allowPrivate: false, ...changes }, stop)
const refused = (asked: Promise<unknown>, name: string) =>
  assert.rejects(asked, (error) => error instanceof OutboundError && error.reason === 'address', name)
const v4 = (address: string): LookupAddress => ({ address, family: 4 })
const v6 = (address: string): LookupAddress => ({ address, family: 6 })

/** Each leads to this machine, its networks, its cloud or to nowhere that is public, as it is written in an address. */
const hosts = [
  // This machine, in every spelling that parsers take.
  ...[
    'localhost',
    'localhost.',
    'LOCALHOST',
    'lOcAlHoSt.',
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '127.0.1',
    '127.255.255.254',
  ],
  ...['2130706433', '017700000001', '0x7f000001', '0x7f.1', '0x7f.0.0.1', '0177.0.0.1', '0177.0.0.01', '0x7F.0X0.0.1'],
  ...['0', '0.0.0.0', '0x0', '00', '0.0.0.1', '%31%32%37.0.0.1', '127。0。0。1', '①②⑦.⓪.⓪.①', '１２７.0.0.1'],
  // What a cloud tells its machines, credentials among it.
  ...[
    '169.254.169.254',
    '169.254.169.254.',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.254.43518',
    '169.254.170.2',
  ],
  ...['[fd00:ec2::254]', '[fd20:ce::254]', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  // Private networks, carriers' networks, ranges for other ends.
  ...[
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.254',
    '192.168.0.1',
    '192.168.1.254',
    '100.64.0.1',
    '100.127.255.254',
  ],
  ...['192.0.0.1', '192.0.2.1', '198.18.0.1', '198.19.255.254', '198.51.100.1', '203.0.113.1', '192.88.99.1'],
  ...['224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', '0xffffffff'],
  // IPv6, and IPv4 inside of it.
  ...['[::]', '[::1]', '[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::127.0.0.1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
  ...[
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[::ffff:10.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[::ffff:8.8.8.8]',
  ],
  ...[
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b::8.8.8.8]',
    '[64:ff9b:1::10.0.0.1]',
    '[64:ff9b:1:fffe::1]',
  ],
  ...[
    '[2002:7f00:1::]',
    '[2002:a9fe:a9fe::1]',
    '[2002:0a00:0001::1]',
    '[2001::1]',
    '[2001:0:4136:e378:8000:63bf:80ff:fffe]',
  ],
  ...['[fe80::1]', '[febf::1]', '[fec0::1]', '[fc00::1]', '[fdff:ffff::1]', '[ff01::1]', '[ff02::1]', '[ff0e::1]'],
  ...[
    '[2001:db8::1]',
    '[2001:10::1]',
    '[2001:2::1]',
    '[3fff::1]',
    '[100::1]',
    '[5f00::1]',
    '[4000::1]',
    '[::ffff:0:0]',
  ],
]

test('an address that leads to this machine or a network of its own is refused before any connection, in every spelling', async () => {
  assert.ok(new Set(hosts).size >= 60)
  // Some resolvers know no localhost with a point behind it.
  const resolve = async () => [v4('127.0.0.1')]
  for (const host of hosts)
    await refused(post(`https://${host}:${server.port}/`, host.endsWith('.') ? { resolve } : {}), host)
  assert.equal(reached, 0)
})

test('a name is refused for any one of its addresses, whichever comes first', async () => {
  const inside = [
    v4('127.0.0.1'),
    v4('10.1.2.3'),
    v4('169.254.169.254'),
    v6('::1'),
    v6('::ffff:127.0.0.1'),
    v6('64:ff9b::7f00:1'),
    v6('fe80::1%eth0'),
  ]
  for (const one of inside)
    for (const addresses of [
      [one],
      [v4('1.1.1.1'), one],
      [one, v4('1.1.1.1')],
      [v6('2606:4700::1'), v4('1.1.1.1'), one],
    ])
      await refused(post('https://receiver.example/', { resolve: async () => addresses }), one.address)
  await refused(post('https://receiver.example/', { resolve: async () => [v4('not an address')] }), 'no address')
})

test('a name that says something else a moment later is asked once, and the connection goes where it said first', async () => {
  let asked = 0
  const rebinding = async () => {
    asked += 1
    return [v4(asked === 1 ? '127.0.0.1' : '127.0.0.2')]
  }
  const before = reached
  assert.equal(
    (await post(`https://localhost:${server.port}/`, { resolve: rebinding, allowPrivate: true })).status,
    200,
  )
  assert.deepEqual([asked, reached - before], [1, 1])
  // Public when it is looked at, and this machine by the time of the connection: nothing arrives here.
  asked = 0
  const turning = async () => {
    asked += 1
    return [v4(asked === 1 ? '192.88.98.1' : '127.0.0.1')]
  }
  await assert.rejects(post(`https://localhost:${server.port}/`, { resolve: turning, timeoutMs: 200 }), OutboundError)
  assert.deepEqual([asked, reached - before], [1, 1])
})

test('a redirect to the inside is an answer, and nobody goes there', async () => {
  const before = reached
  for (const location of [
    `https://localhost:${server.port}/inside`,
    'http://169.254.169.254/',
    'file:///etc/passwd',
    '//[::1]/',
  ]) {
    answer = (_request, response) => void response.writeHead(307, { location }).end()
    assert.equal((await post(`https://localhost:${server.port}/`, { allowPrivate: true })).status, 307)
  }
  answer = (_request, response) => void response.end()
  assert.equal(reached - before, 4)
})

test('other schemes, names, passwords and zones are refused, or are no address at all', async () => {
  for (const url of [
    'http://receiver.example/',
    'ftp://receiver.example/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_INFO',
    'https://name@receiver.example/',
    'https://name:password@receiver.example/',
    'https://receiver.example@127.0.0.1/',
    'data:text/plain,hello',
  ])
    await refused(post(url, { resolve: async () => [v4('1.1.1.1')], allowPrivate: true }), url)
  for (const url of [
    'https://[fe80::1%25eth0]/',
    'https://[::1%lo]/',
    'https://0x100000000/',
    'https://256.1.1.1/',
    'https://1.2.3.4.5/',
  ])
    assert.equal(URL.canParse(url), false, url)
})

test('a reply without end is left after its head', async () => {
  answer = (_request, response) => {
    response.writeHead(200, { 'retry-after': '7' })
    const timer = setInterval(() => response.write('x'.repeat(65_536)), 1)
    response.on('close', () => clearInterval(timer))
  }
  const posted = await post(`https://localhost:${server.port}/`, { allowPrivate: true })
  assert.deepEqual(posted, { status: 200, retryAfter: '7' })
})
