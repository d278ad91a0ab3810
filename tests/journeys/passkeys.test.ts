import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer, withAccounts } from '../harness.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { VirtualAuthenticator } from './virtual-authenticator.ts'

type Answer = { status: number; body: Record<string, unknown> }

/** Calls the API from our own page, with the browser's cookies. */
const call = (page: Page, method: string, path: string, body?: unknown): Promise<Answer> =>
  page.evaluate(
    async ({ method, path, body }) => {
      const sent =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      const answer = await fetch(path, { method, ...sent })
      const text = await answer.text()
      return { status: answer.status, body: text === '' ? {} : JSON.parse(text) }
    },
    { method, path, body },
  )

/** Gives options to the browser, as a page does. @returns the credential as JSON, or the name of the browser's error. */
const ask = (page: Page, how: 'create' | 'get', options: unknown): Promise<unknown> =>
  page.evaluate(
    async ({ how, options }) => {
      try {
        const made =
          how === 'create'
            ? await navigator.credentials.create({
                publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(
                  options as PublicKeyCredentialCreationOptionsJSON,
                ),
              })
            : await navigator.credentials.get({
                publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(
                  options as PublicKeyCredentialRequestOptionsJSON,
                ),
              })
        return (made as PublicKeyCredential).toJSON()
      } catch (error) {
        return (error as Error).name
      }
    },
    { how, options },
  )

describe('passkeys in Chromium', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let accounts: readonly Account[]
  before(async () => {
    // One address plays several people.
    const limits = { 'sign-in': { burst: 1_000, perSeconds: 60 } }
    // And their accounts were made by a program, so that a browser is unlike all that is known of them.
    const environment = { CUSTODIA_LIMITS_CLASSES: JSON.stringify(limits), CUSTODIA_IDENTITY_RISK_ASK: '200' }
    server = await startTestServer({ environment })
    accounts = await withAccounts(server)
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await server?.remove()
  })

  /** Runs with a browser that shows a page without passkeys of its own, which would be in the way, and has an authenticator. */
  const visit = async (
    kind: Parameters<typeof VirtualAuthenticator.plugIn>[1],
    work: (page: Page, key: VirtualAuthenticator, visitor: Visitor) => Promise<void>,
  ) => {
    const visitor = await newVisitor(browser)
    await visitor.page.goto(`${server.publicUrl}/recovery`)
    await work(visitor.page, await VirtualAuthenticator.plugIn(visitor.page, kind), visitor)
    await visitor.leave()
  }
  const byPassword = async (page: Page, number: number): Promise<Answer> => {
    const { email, password } = accounts[number] as Account
    const answer = await call(page, 'POST', '/v1/sign-in', { email, password })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer
  }
  const enrol = async (page: Page, name: string): Promise<string> => {
    const { body } = await call(page, 'POST', '/v1/me/passkeys/options')
    const credential = await ask(page, 'create', body.options)
    const added = await call(page, 'POST', '/v1/me/passkeys', { credential, name })
    assert.equal(added.status, 201, JSON.stringify(added.body))
    return String(added.body.id)
  }
  const byPasskey = async (page: Page): Promise<Answer> => {
    const { body } = await call(page, 'POST', '/v1/sign-in/passkey/options')
    const credential = await ask(page, 'get', body.options)
    return await call(page, 'POST', '/v1/sign-in/passkey', { credential })
  }
  const facts = async (page: Page) =>
    ((await call(page, 'GET', '/v1/me/factors')).body.items as { factor: string; facts: string[] }[])
      .filter(({ factor }) => factor === 'passkey')
      .map((item) => item.facts)

  it('are enrolled, asked for after the password, sign in without a name, and are taken away', () =>
    visit({ transport: 'internal', synced: false }, async (page, key, { context }) => {
      assert.equal((await byPassword(page, 0)).status, 200)
      const id = await enrol(page, 'This laptop')
      assert.equal((await key.held()).length, 1)
      assert.deepEqual(await facts(page), [['platform']])
      const { body } = await call(page, 'POST', '/v1/me/passkeys/options')
      assert.equal(await ask(page, 'create', body.options), 'InvalidStateError', 'nobody adds one twice')

      await context.clearCookies()
      const half = await byPassword(page, 0)
      assert.equal(half.body.user, null)
      const challenge = await call(page, 'POST', '/v1/sign-in/challenge', { factor: 'passkey' })
      const credential = await ask(page, 'get', challenge.body.options)
      const proven = await call(page, 'POST', '/v1/sign-in/factor', { factor: 'passkey', credential })
      assert.equal(proven.status, 200)
      assert.notEqual(proven.body.user, null)

      await context.clearCookies()
      const alone = await byPasskey(page)
      assert.equal(alone.status, 200)
      assert.equal((alone.body.user as { email: string }).email, accounts[0]?.email)

      assert.equal((await call(page, 'DELETE', `/v1/me/factors/${id}`)).status, 204)
      await context.clearCookies()
      assert.equal((await byPasskey(page)).body.code, 'IDENTITY_FACTOR_WRONG')
      assert.notEqual((await byPassword(page, 0)).body.user, null, 'and the password is enough again')
    }))

  it('of a person who is not recognised sign nobody in', () =>
    visit({ transport: 'internal', synced: false }, async (page, key, { context }) => {
      await byPassword(page, 0)
      const id = await enrol(page, 'A phone')
      await key.recognise(false)
      const { body } = await call(page, 'POST', '/v1/sign-in/passkey/options')
      assert.equal(await ask(page, 'get', body.options), 'NotAllowedError')
      await key.recognise(true)
      await context.clearCookies()
      assert.equal((await byPasskey(page)).status, 200)
      assert.equal((await call(page, 'DELETE', `/v1/me/factors/${id}`)).status, 204)
    }))

  it('that count backwards are refused on a hardware key, and the warning stays', () =>
    visit({ transport: 'usb', synced: false }, async (page, key, { context }) => {
      assert.notEqual((await byPassword(page, 1)).body.user, null)
      await enrol(page, 'Blue key')
      await key.countFrom(100)
      await context.clearCookies()
      assert.equal((await byPasskey(page)).status, 200)
      await key.countFrom(10)
      await context.clearCookies()
      assert.equal((await byPasskey(page)).body.code, 'IDENTITY_FACTOR_WRONG')
      await key.countFrom(200)
      assert.equal((await byPasskey(page)).status, 200, 'the owner goes on')
      assert.deepEqual(await facts(page), [['hardware', 'clone-suspected']])
    }))

  it('that count backwards warn where they are synced, and still sign in', () =>
    visit({ transport: 'internal', synced: true }, async (page, key, { context }) => {
      assert.notEqual((await byPassword(page, 2)).body.user, null)
      await enrol(page, 'Password manager')
      assert.deepEqual(await facts(page), [['synced', 'platform']])
      await key.countFrom(100)
      await context.clearCookies()
      assert.equal((await byPasskey(page)).status, 200)
      await key.countFrom(10)
      await context.clearCookies()
      assert.equal((await byPasskey(page)).status, 200)
      assert.deepEqual(await facts(page), [['synced', 'platform', 'clone-suspected']])
    }))
})
