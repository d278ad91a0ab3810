import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { modules } from '../../server/app.ts'
import { root } from '../../tools/suite.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer } from '../harness.ts'

type Operation = {
  operationId: string
  summary: string
  security: Record<string, unknown>[]
  responses: Record<string, unknown>
  'x-permission'?: string
  'x-limit-class': string
  'x-sensitive': boolean
}

describe('the OpenAPI document of a running server', () => {
  let server: TestServer
  before(async () => {
    server = await startTestServer()
  })
  after(() => server?.remove())

  test('a stranger is told to sign in, on every route that is not for everybody', async () => {
    const document = (await server.call('GET', '/openapi.json')).body
    let asked = 0
    for (const [path, operations] of Object.entries(document.paths as Record<string, Record<string, Operation>>))
      for (const [method, { security }] of Object.entries(operations)) {
        if (security.length === 0) continue
        const answer = await server.call(method.toUpperCase(), path.replace(/\{\w+\}/g, '0'))
        assert.deepEqual([answer.status, answer.body.code], [401, 'AUTHENTICATION_REQUIRED'], `${method} ${path}`)
        asked += 1
      }
    assert.ok(asked >= 18, `only ${asked} routes ask who it is`)
  })

  test('the document says of every route who may call it, how often, how fresh, and what it may answer', async () => {
    const document = (await server.call('GET', '/openapi.json')).body
    assert.match(String(document.openapi), /^3\.1/)
    const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
      ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )
    for (const { path, method, operation } of operations) {
      const where = `${method} ${path}`
      assert.match(operation.summary, /^[A-Z].+\.$/, where)
      assert.match(operation['x-limit-class'], /^(sign-in|read|write|expensive)$/, where)
      assert.equal(typeof operation['x-sensitive'], 'boolean', where)
      assert.ok('default' in operation.responses, where)
      const forMachines = operation.security.some((one) => 'key' in one)
      assert.equal(operation['x-permission'] !== undefined, forMachines, where)
    }
    assert.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length)
    const permissions = new Set(modules.flatMap((module) => Object.keys(module.permissions)))
    for (const { operation } of operations)
      if (operation['x-permission'] !== undefined)
        assert.ok(permissions.has(operation['x-permission']), operation['x-permission'])
  })

  test('every route that a module declares is in the document', async () => {
    const { paths } = (await server.call('GET', '/openapi.json')).body as { paths: Record<string, object> }
    const declared = globSync('server/**/*routes.ts', { cwd: root }).flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/'(\/(?:v1|ledger|livez|readyz|\.well-known)\b[^']*)'/g)].map(
        ([, path = '']) => path.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{rest}'),
      ),
    )
    assert.ok(declared.length >= 30, `only ${declared.length} were found`)
    assert.deepEqual(
      declared.filter((path) => !(path in paths)),
      [],
    )
  })
})
