import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { browserCases, casesSettings, wrongWith } from '@custodia/edge/browser/cases-testing.ts'
import type { TestGateway } from '../testing.ts'
import { cookie, openTestGateway } from '../testing.ts'

// The same cases as every middleware of the SDK has: packages/sdk/src/edge/browser.test.ts.
let rig: TestGateway
before(async () => {
  rig = await openTestGateway((upstream) => ({
    cases: {
      host: 'cases.localhost',
      upstream,
      permissions: { 'cases:use': 'Use it.' },
      rules: [{ path: '/**', permission: 'cases:use' }],
      edge: { browser: casesSettings },
    },
  }))
})
after(() => rig.close())

for (const [i, { what }] of browserCases('').entries())
  test(`the gateway and ${what}`, async () => {
    const one = browserCases(rig.origin().replace('//app.', '//cases.'))[i]
    assert.ok(one !== undefined)
    rig.reset()
    rig.signedIn('ann', 'writer')
    let asked = 0
    rig.behave = (_request, response) => {
      asked += 1
      response.writeHead(one.status ?? 200, { 'content-type': 'text/html', ...one.says }).end()
    }
    const headers = { ...one.headers, ...cookie('ann') }
    const { method = 'GET', target = '/shared/page' } = one
    const got = await rig.get(target, { host: 'cases.localhost', method, headers })
    assert.deepEqual(wrongWith(one, got, asked), [])
  })
