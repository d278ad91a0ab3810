import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { BrowserPolicy, BrowserReports } from '@custodia/wire/http/browser.ts'
import type { Authenticator } from '../platform/http/ports.ts'
import { newId } from '../platform/random.ts'
import type { TestHouse, TestProcess, TestServer } from '../sessions/testing.ts'
import { openTestHouse, serve } from '../sessions/testing.ts'
import type { BrowserModule } from './module.ts'
import { browser, createBrowser } from './module.ts'

const origin = 'http://app.localhost'
const hash = `sha256-${'A'.repeat(43)}=`

/** Whoever the header names, as an application with these roles. */
const byHeader: Authenticator = {
  name: 'test',
  authenticate({ headers }) {
    const roles = headers['x-test-roles']
    if (typeof roles !== 'string') return null
    return { kind: 'application', id: 'app', organisationId, roles: roles.split(','), keyId: 'key_test' }
  },
}
const organisationId = newId('org')

describe('what browsers report', () => {
  let house: TestHouse
  let process: TestProcess
  let module: BrowserModule
  let server: TestServer
  let nowMs = Date.parse('2026-11-21T10:00:00Z')
  before(async () => {
    house = await openTestHouse([browser], {
      watcher: { summary: 'Reads.', permissions: ['browser:reports:read'] },
      keeper: { summary: 'Decides.', permissions: ['browser:*'] },
    })
    process = await house.process({ clock: { nowMs: () => nowMs } })
    process.access.lendOperating(async () => organisationId)
    module = await createBrowser({ ...process.context, config: { retentionDays: 30, maxGroups: 10 } })
    module.lendApplications([
      { name: 'app', title: 'App', profile: 'learn' },
      { name: 'hard', title: 'Hard', profile: 'strict' },
    ])
    server = await serve(process, module.routes, [byHeader])
  })
  after(async () => {
    await module?.stop()
    await server?.close()
    await house?.close()
  })

  const call = async (method: string, path: string, roles: string | null, body?: unknown) => {
    const headers: Record<string, string> = { ...(roles === null ? {} : { 'x-test-roles': roles }) }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const answer = await server.browser().call(method, path, body as never, headers)
    return answer as { status: number; body: Record<string, unknown> & { code?: string } }
  }
  const report = (directive: string, blocked: string, path = '/', application = 'app', times = 1) => {
    const one = {
      type: 'csp-violation',
      url: `${origin}${path}`,
      body: {
        documentURL: `${origin}${path}`,
        effectiveDirective: directive,
        blockedURL: blocked,
        disposition: 'report',
      },
    }
    const body = Buffer.from(JSON.stringify(Array.from({ length: times }, () => one)))
    module.receive({ application, origin, mediaType: 'application/reports+json', address: '192.0.2.1', body })
  }
  const listed = async () =>
    ((await call('GET', '/v1/browser-reports?application=app', 'watcher')).body as unknown as BrowserReports).items
  const policy = async () => (await call('GET', '/v1/browser-policies/app', 'watcher')).body as unknown as BrowserPolicy

  it('is counted in groups, and written together', async () => {
    report('img-src', 'https://cdn.example/a.png?token=x', '/users/ann@example.com', 'app', 3)
    report('img-src', 'https://cdn.example/b.png', '/users/bob@example.com', 'app', 2)
    await module.write()
    report('img-src', 'https://cdn.example/c.png', '/users/eve@example.com')
    await module.write()
    assert.deepEqual(
      (await listed()).map(({ directive, blocked, path, count }) => [directive, blocked, path, count]),
      [['img-src', 'https://cdn.example', '/users/*', 6]],
    )
  })

  it('never fills more than there is room for; what is known already goes on to count', async () => {
    for (let i = 0; i < 40; i++) report('img-src', `https://cdn${i}.example`, '/')
    report('img-src', 'https://cdn.example', '/users/x@example.com')
    await module.write()
    const items = await listed()
    assert.equal(items.length, 10)
    assert.equal(items.find((one) => one.blocked === 'https://cdn.example')?.count, 7)
  })

  it('is taken so often of one address, and of one application, in a minute', () => {
    nowMs += 120_000
    for (let i = 0; i < 60; i++) assert.equal(module.waitFor('app', '192.0.2.9'), 0)
    assert.ok(module.waitFor('app', '192.0.2.9') > 0)
    assert.equal(module.waitFor('app', '192.0.2.10'), 0)
    for (let i = 0; i < 700; i++) module.waitFor('app', `198.51.100.${i}`)
    assert.ok(module.waitFor('app', '203.0.113.1') > 0)
    assert.equal(module.waitFor('hard', '203.0.113.2'), 0)
    nowMs += 60_000
    assert.equal(module.waitFor('app', '192.0.2.9'), 0)
  })

  it('of Custodia’s own pages comes in without a session, whatever else it is', async () => {
    for (const body of [{ 'csp-report': null }, [], 'x'])
      assert.equal((await call('POST', '/v1/browser-reports', null, body)).status, 204)
    const large = await call('POST', '/v1/browser-reports', null, 'x'.repeat(70_000))
    assert.equal(large.body.code, 'REQUEST_TOO_LARGE')
  })

  it('is shown to nobody without the permission', async () => {
    for (const path of ['/v1/browser-reports', '/v1/browser-policies', '/v1/browser-policies/app']) {
      assert.equal((await call('GET', path, null)).status, 401, path)
      assert.equal((await call('GET', path, 'other')).status, 403, path)
    }
  })

  it('becomes a proposal, with the hashes of what was served more than once', async () => {
    await house.db.database.queries.deleteFrom('browser.report' as never).execute()
    report('script-src-elem', 'inline')
    report('style-src-attr', 'inline')
    module.served('app', [
      { element: 'script', hash },
      { element: 'script', hash: hash.replace('A', 'B') },
    ])
    module.served('app', [{ element: 'script', hash }])
    await module.write()
    const { proposal, live, profile } = await policy()
    assert.deepEqual([live, profile], [null, 'learn'])
    assert.deepEqual(proposal.lines, [
      { directive: 'script-src', source: `'${hash}'`, count: 1, weakens: false },
      { directive: 'style-src-attr', source: "'unsafe-inline'", count: 1, weakens: false },
    ])
  })

  const body = { sources: { 'img-src': ['data:'] }, trustedTypes: true, instead: null as number | null }
  const make = (roles: string, wanted: object = body, name = 'app') =>
    call('POST', `/v1/browser-policies/${name}`, roles, wanted)

  it('makes nothing live by itself, nor for somebody who may only look', async () => {
    assert.equal((await make('watcher')).status, 403)
    assert.equal(module.live('app'), null)
  })

  it('is made live by a person once, with an event, and holds at once', async () => {
    const [one, two] = await Promise.all([make('keeper'), make('keeper')])
    assert.deepEqual([one.status, two.status].sort(), [200, 409])
    assert.deepEqual(module.live('app'), { sources: { 'img-src': ['data:'] }, trustedTypes: true })
    const events = house.events.filter(({ type }) => type === 'browser.policy.made-live')
    assert.deepEqual(
      events.map(({ data }) => data),
      [{ application: 'app', number: 1, ...body }],
    )
  })

  it('of before the live version is proposed no more', async () => {
    const { proposal, live } = await policy()
    assert.deepEqual([proposal.lines, live?.number], [[], 1])
  })

  it('is never replaced by somebody who looked at another version', async () => {
    assert.equal((await make('keeper')).body.code, 'BROWSER_POLICY_CHANGED')
    assert.equal((await make('keeper', { ...body, instead: 7 })).body.code, 'BROWSER_POLICY_CHANGED')
    nowMs += 1_000
    assert.equal((await make('keeper', { ...body, instead: 1, sources: {} })).status, 200)
    assert.deepEqual(
      (await policy()).versions.map(({ number, retiredAt }) => [number, retiredAt === null]),
      [
        [2, true],
        [1, false],
      ],
    )
  })

  it('allows nothing that would let everybody in, nor what is not learnt', async () => {
    for (const sources of [
      { 'script-src': ['*'] },
      { 'img-src': ['https:'] },
      { 'default-src': ["'self'"] },
      { 'img-src': ["'none'; script-src *"] },
    ])
      assert.equal((await make('keeper', { ...body, instead: 2, sources })).body.code, 'BROWSER_POLICY_REFUSED')
    assert.equal((await make('keeper', body, 'hard')).body.code, 'BROWSER_POLICY_NOT_LEARNT')
    assert.equal((await make('keeper', body, 'nobody')).body.code, 'BROWSER_APPLICATION_UNKNOWN')
  })

  it('is known to another process as soon as it is made live, and to one that starts later', async () => {
    const other = await createBrowser({ ...process.context, config: { retentionDays: 30, maxGroups: 10 } })
    assert.deepEqual(other.live('app'), { sources: {}, trustedTypes: true })
    await other.stop()
  })

  it('is rolled back to the one before in one step, and once more to the one before that', async () => {
    const back = (instead: unknown, roles = 'keeper', name = 'app') =>
      call('POST', `/v1/browser-policies/${name}/roll-back`, roles, { instead })
    assert.equal((await back(2, 'watcher')).status, 403)
    for (const wrong of [1, 3, 7]) assert.equal((await back(wrong)).body.code, 'BROWSER_POLICY_CHANGED')
    for (const wrong of [0, -1, 1.5, null, '2']) assert.equal((await back(wrong)).status, 400)
    assert.equal((await back(2, 'keeper', 'nobody')).status, 404)
    assert.equal((await back(1, 'keeper', 'hard')).body.code, 'BROWSER_POLICY_NOT_LEARNT')
    assert.equal((await make('keeper', { ...body, instead: 2, sources: { 'font-src': ['data:'] } })).status, 200)

    const at = nowMs
    const [one, two] = await Promise.all([back(3), back(3)])
    assert.deepEqual([one.status, two.status].sort(), [200, 409])
    assert.deepEqual(module.live('app'), { sources: {}, trustedTypes: true })
    assert.partialDeepStrictEqual((await policy()).live, { number: 4, restores: 2, liveAt: new Date(at).toISOString() })
    assert.equal((await policy()).before, 1)
    assert.equal((await back(4)).status, 200)
    assert.deepEqual(module.live('app'), { sources: { 'img-src': ['data:'] }, trustedTypes: true })
    assert.partialDeepStrictEqual(await policy(), { live: { number: 5, restores: 1 }, before: null })
    assert.equal((await back(5)).body.code, 'BROWSER_POLICY_FIRST')
    const events = house.events.filter(({ type }) => type === 'browser.policy.rolled-back')
    assert.deepEqual(
      events.map(({ data }) => data),
      [
        { application: 'app', number: 4, restores: 2, instead: 3 },
        { application: 'app', number: 5, restores: 1, instead: 4 },
      ],
    )
    // What is made live anew has what was live as the one before, whatever that brought back.
    assert.equal((await make('keeper', { ...body, instead: 5, sources: {} })).status, 200)
    assert.equal((await policy()).before, 1)
  })

  it('is taken back, once', async () => {
    assert.equal((await call('DELETE', '/v1/browser-policies/app?number=1', 'keeper')).status, 409)
    assert.equal((await call('DELETE', '/v1/browser-policies/app?number=6', 'keeper')).status, 204)
    assert.equal((await call('DELETE', '/v1/browser-policies/app?number=6', 'keeper')).status, 409)
    assert.equal(module.live('app'), null)
  })

  it('is deleted a retention after it was last seen', async () => {
    report('img-src', 'data')
    await module.write()
    assert.ok((await listed()).length > 0)
    nowMs += 31 * 86_400_000
    await module.jobs[0]?.run(new AbortController().signal)
    assert.deepEqual(await listed(), [])
  })
})
