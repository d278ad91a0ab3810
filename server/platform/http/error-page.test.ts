import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { codePages, errorPage, errorPageHeaders } from './error-page.ts'
import { httpErrors } from './errors.ts'
import { problemPage } from './problem.ts'
import { Reply } from './route.ts'
import { systemRoutes } from './system-routes.ts'

const tables = [{ module: 'http', errors: httpErrors }]
const policy = errorPageHeaders['content-security-policy']

test('every code is on the page of all, with its title, its help and a link to its own', () => {
  const page = errorPage(tables)
  for (const [code, { title, help, status }] of Object.entries(httpErrors)) {
    assert.ok(
      page.includes(`<section id="${code}"><h3><a href="${problemPage(code)}">${code}</a> · ${status}</h3>`),
      code,
    )
    assert.ok(page.includes(title) && page.includes(help), code)
  }
})

test('every code that a problem can name has a page that says what happened and what to do', async () => {
  const route = systemRoutes(
    [],
    () => false,
    () => ({}),
    tables,
  ).find(({ path }) => path === '/docs/errors/:code')
  assert.equal(route?.who, 'anyone')
  for (const [code, { title, help, status }] of Object.entries(httpErrors)) {
    const reply = await route.handle({ params: { code: problemPage(code).split('/').at(-1) } } as never)
    assert.ok(reply instanceof Reply && typeof reply.body === 'string')
    assert.deepEqual([reply.status, reply.headers], [200, errorPageHeaders])
    for (const part of [code, `Status ${status} `, `What happened</h2><p>${title}`, `What to do</h2><p>${help}`])
      assert.ok(reply.body.includes(part), `${code}: ${part}`)
  }
})

test('a code that is none has no page', async () => {
  const route = systemRoutes(
    [],
    () => false,
    () => ({}),
    tables,
  ).find(({ path }) => path === '/docs/errors/:code')
  for (const code of ['NONE', 'constructor', '__proto__'])
    await assert.rejects(route?.handle({ params: { code } } as never) as Promise<unknown>, { code: 'ROUTE_UNKNOWN' })
})

test('text of a table can never become markup', () => {
  const hostile = `"><script>alert('1')</script>&`
  const told = [{ module: hostile, errors: { [hostile]: { status: 400, title: hostile, help: hostile } as const } }]
  for (const [page, times] of [
    [errorPage(told), 6],
    [codePages(told).get(hostile) ?? '', 5],
  ] as const) {
    assert.doesNotMatch(page, /<script|alert\('/)
    assert.equal(page.match(/&lt;script&gt;alert\(&#39;1&#39;\)&lt;\/script&gt;&amp;/g)?.length, times)
  }
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

test('the page of all stands for anybody, as HTML under its policy', async () => {
  const routes = systemRoutes(
    [],
    () => false,
    () => ({}),
    tables,
  )
  const route = routes.find(({ path }) => path === '/docs/errors')
  assert.equal(route?.who, 'anyone')
  assert.equal(route.replyType, 'text/html; charset=utf-8')
  const reply = await route.handle({} as never)
  assert.ok(reply instanceof Reply)
  assert.deepEqual([reply.status, reply.headers], [200, errorPageHeaders])
})
