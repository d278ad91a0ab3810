import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NewEndpoint, NewSource } from '@custodia/wire/http/webhooks.ts'
import { Value } from 'typebox/value'
import { parse } from 'yaml'
import { config as gateway } from '../../server/gateway/applications.ts'
import { fencesOf, textOf } from './markdown.ts'

const fences = fencesOf(textOf('docs/guide/webhooks.md'))
const sent = (path: string): unknown => {
  const found = fences.find(({ language, text }) => language === 'http' && text.startsWith(`POST ${path}\n`))
  return JSON.parse(found?.text.slice(found.text.indexOf('\n')) ?? 'null')
}

test('whoever copies from the guide to webhooks sends what is taken', () => {
  assert.ok(Value.Check(NewEndpoint, sent('/v1/webhooks/endpoints')))
  assert.ok(Value.Check(NewSource, sent('/v1/webhooks/sources')))
  const written = parse(fences.find(({ language }) => language === 'yaml')?.text ?? '').gateway.applications.shop
  const rest = { host: 'shop.example.org', upstream: 'http://127.0.0.1:4200', rules: [{ path: '/**', public: true }] }
  const [shop] = gateway.applications.parse({ shop: { ...rest, ...written } })
  assert.deepEqual(shop?.webhooks, ['/hooks/payments'])
})
