import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { errorPage, errorPageHeaders } from './error-page.ts'
import { httpErrors } from './errors.ts'
import { problemPage } from './problem.ts'
import { Reply } from './route.ts'
import { systemRoutes } from './system-routes.ts'

const tables = [{ module: 'http', errors: httpErrors }]
const policy = errorPageHeaders['content-security-policy']

test('every code that a problem can name is an anchor on the page, with its title and help', () => {
  const page = errorPage(tables)
  for (const [code, { title, help, status }] of Object.entries(httpErrors)) {
    const anchor = problemPage(code).split('#')[1]
    assert.ok(page.includes(`<section id="${anchor}"><h3>${code} · ${status}</h3>`), code)
    assert.ok(page.includes(title) && page.includes(help), code)
  }
})

test('text of a table can never become markup', () => {
  const hostile = `"><script>alert('1')</script>&`
  const page = errorPage([{ module: hostile, errors: { [hostile]: { status: 400, title: hostile, help: hostile } } }])
  assert.doesNotMatch(page, /<script|alert\('/)
  assert.equal(page.match(/&lt;script&gt;alert\(&#39;1&#39;\)&lt;\/script&gt;&amp;/g)?.length, 5)
})

test('a module without errors has no heading', () => {
  assert.doesNotMatch(errorPage([{ module: 'silent', errors: {} }]), /silent/)
})

test('nothing runs, loads or frames the page: the one style allowed is the one in it', () => {
  const style = /<style>([^<]+)<\/style>/.exec(errorPage(tables))?.[1] ?? ''
  assert.ok(policy.includes(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`))
  assert.match(policy, /^default-src 'none'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.doesNotMatch(policy, /unsafe|script-src|\*/)
  assert.doesNotMatch(errorPage(tables), /<script|style=|\bon\w+=|https?:\/\//)
})

test('it stands at the address that problems name, for anybody, as HTML under its policy', async () => {
  const routes = systemRoutes(
    [],
    () => false,
    () => ({}),
    tables,
  )
  const route = routes.find(({ path }) => path === problemPage('ANY').split('#')[0])
  assert.equal(route?.who, 'anyone')
  assert.equal(route.replyType, 'text/html; charset=utf-8')
  const reply = await route.handle({} as never)
  assert.ok(reply instanceof Reply)
  assert.deepEqual([reply.status, reply.headers], [200, errorPageHeaders])
})
