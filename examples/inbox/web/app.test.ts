import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { importMail } from '../importing/import-mail.ts'
import { createReader } from '../mail/reader.ts'
import { labelsIn } from '../store/labels.ts'
import type { Inbox } from '../testing.ts'
import { startInbox } from '../testing.ts'
import { escapeHtml, html } from './html.ts'
import { plainBody } from './plain-body.ts'

let inbox: Inbox
let nowMs = Date.UTC(2026, 10, 21, 12)
before(async () => {
  inbox = await startInbox({ nowMs: () => nowMs })
  const reader = createReader()
  const places = [fileURLToPath(new URL('../samples', import.meta.url))]
  await importMail(inbox.mailbox, { places, reader, labelFolders: true })
  await reader.close()
  await settle()
})
after(() => inbox.stop())

/** Until everything that mails brought was looked at. */
async function settle(): Promise<void> {
  const waits = () => inbox.database.prepare('SELECT 1 FROM attachment WHERE due_ms IS NOT NULL').get() !== undefined
  while (waits()) {
    nowMs += 10_000
    await inbox.courier.round()
  }
}

const all = ['inbox:read', 'inbox:write', 'inbox:import']

/** The id of the message whose line in the list holds these words. */
async function idOf(words: string): Promise<string> {
  const list = (await inbox.ask(`/?q=${encodeURIComponent(words)}`)).body
  return /href="\/messages\/([\w-]{20})"/.exec(list)?.[1] ?? assert.fail(`no message about ${words}`)
}

const post = (url: string, form: string, options: { permissions?: string[]; headers?: Record<string, string> } = {}) =>
  inbox.app.inject({
    method: 'POST',
    url,
    payload: form,
    headers: {
      'custodia-assertion': inbox.service.assertion({ permissions: options.permissions ?? all }),
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      ...options.headers,
    },
  })

describe('who may see the mailbox', () => {
  it('is nobody without an identity, whatever the path', async () => {
    for (const url of ['/', '/messages/x', '/imports', '/assets/x', '/nowhere']) {
      assert.equal((await inbox.app.inject({ url })).statusCode, 401, url)
      const headers = { 'custodia-assertion': inbox.service.assertion({ aud: 'other' }) }
      assert.equal((await inbox.app.inject({ url, headers })).statusCode, 401, url)
    }
  })

  it('is nobody of another organisation, whatever their permissions', async () => {
    const id = await idOf('wedding')
    for (const path of ['/', `/messages/${id}`, `/messages/${id}/body`, '/imports', '/nowhere'])
      assert.equal((await inbox.ask(path, all, { org: `org_${'b'.repeat(26)}` })).statusCode, 403, path)
  })

  it('is decided for each kind of page by its own permission', async () => {
    const id = await idOf('wedding')
    for (const path of [
      '/',
      `/messages/${id}`,
      `/messages/${id}/body`,
      `/messages/${id}/source`,
      `/messages/${id}/raw`,
      `/messages/${id}/attachments/0`,
    ])
      assert.equal((await inbox.ask(path, ['inbox:write', 'inbox:import', 'inbox:readx'])).statusCode, 403, path)
    for (const path of ['/imports', `/imports/messages/${id}`, `/imports/messages/${id}/raw`])
      assert.equal((await inbox.ask(path, ['inbox:read', 'inbox:write'])).statusCode, 403, path)
    for (const path of [`/messages/${id}/labels`, `/messages/${id}/labels/remove`])
      assert.equal(
        (await post(path, 'name=x&label=x', { permissions: ['inbox:read', 'inbox:import'] })).statusCode,
        403,
      )
  })

  it('shows the controls for labels only to those who may write', async () => {
    const id = await idOf('wedding')
    assert.doesNotMatch(
      (await inbox.ask(`/messages/${id}`)).body,
      /<form(?! action="\/\.custodia\/)[^>]*method="post"|Add a label/,
    )
    assert.match((await inbox.ask(`/messages/${id}`, all)).body, /Add a label/)
    assert.doesNotMatch((await inbox.ask('/')).body, /href="\/imports"/)
  })
})

describe('every page', () => {
  it('forbids script and style that are not its own, framing, and keeping', async () => {
    for (const path of ['/', `/messages/${await idOf('wedding')}`, '/imports', '/nowhere']) {
      const { headers, body } = await inbox.ask(path, all)
      const policy = String(headers['content-security-policy'])
      assert.match(
        policy,
        /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'.*require-trusted-types-for 'script'/,
      )
      assert.doesNotMatch(policy.replace(' http://custodia.localhost:8080;', ';'), /unsafe|https?:/)
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.doesNotMatch(body, /<style|\sstyle=|<script>|\son[a-z]+=/i)
    }
  })

  it('shows what a stranger wrote as text', async () => {
    assert.equal(
      html`<a title="${'"><script>'}">${['<b>', 1, null, false]}</a>`.text,
      '<a title="&quot;&gt;&lt;script&gt;">&lt;b&gt;1</a>',
    )
    assert.equal(escapeHtml(`<&>"'`), '&lt;&amp;&gt;&quot;&#39;')
    const search = (await inbox.ask('/?q=%3Cscript%3Ealert(1)%3C/script%3E%22')).body
    assert.doesNotMatch(search, /<script>alert/)
    const body = plainBody(
      'see <b> https://a.example/x?y=1&z="2 (https://b.example/).\n> old\n> older\njavascript:alert(1)',
    ).text
    assert.match(
      body,
      /&lt;b&gt; <a href="https:\/\/a.example\/x\?y=1&amp;z=" rel="noopener noreferrer" target="_blank">/,
    )
    assert.match(body, />https:\/\/b.example\/<\/a>\)\./)
    assert.match(body, /<span class="quoted">&gt; old\n&gt; older<\/span>/)
    assert.doesNotMatch(body, /href="javascript/)
  })

  it('is found nowhere but at its address', async () => {
    for (const path of [
      '/messages/x',
      `/messages/${'x'.repeat(20)}`,
      `/messages/${'x'.repeat(20)}/body`,
      '/?label=x',
      `/?label=${'x'.repeat(20)}`,
      '/?label=a&label=b',
      '/assets/inbox.css',
      '/assets/..%2fapp.ts',
      `/imports/messages/${'x'.repeat(20)}`,
    ])
      assert.equal((await inbox.ask(path, all)).statusCode, 404, path)
  })
})

describe('a mail in HTML', () => {
  it('stands in a frame that runs nothing, loads nothing and is of no origin', async () => {
    const id = await idOf('yacht')
    assert.match(
      (await inbox.ask(`/messages/${id}`)).body,
      new RegExp(`<iframe class="mail" src="/messages/${id}/body" sandbox="allow-popups"`),
    )
    const { headers, body } = await inbox.ask(`/messages/${id}/body`)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; img-src data:; style-src 'unsafe-inline'; .*sandbox allow-popups$/)
    assert.match(body, /Congratulations/)
    assert.doesNotMatch(body, /<script|\son\w+=|src="http|javascript:/i)
  })

  it('shows the pictures that it brings along', async () => {
    const { body } = await inbox.ask(`/messages/${await idOf('caulking')}/body`)
    assert.match(body, /<img src="data:image\/png;base64,[A-Za-z0-9+/=]{500,}"/)
  })

  it('can be read as text, and a mail without HTML has no frame', async () => {
    const id = await idOf('yacht')
    const { body } = await inbox.ask(`/messages/${id}?view=text`)
    assert.doesNotMatch(body, /<iframe/)
    assert.match(body, /You have won a yacht of 24 metres/)
    assert.equal((await inbox.ask(`/messages/${await idOf('wedding')}/body`)).statusCode, 404)
  })
})

describe('a download', () => {
  it('of the original is saved and never shown', async () => {
    const { headers } = await inbox.ask(`/messages/${await idOf('wedding')}/raw`)
    assert.match(String(headers['content-disposition']), /^attachment; filename="[^"]*wedding[^"]*\.eml"/i)
    assert.equal(headers['content-type'], 'application/octet-stream')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['content-security-policy'], "default-src 'none'; sandbox")
  })

  it('of a page that pretends to be a document is not to be had, neither alone nor within the original', async () => {
    const id = await idOf('new bank details')
    for (const path of ['attachments/0', 'attachments/0/preview', 'raw']) {
      const { statusCode, headers, body } = await inbox.ask(`/messages/${id}/${path}`)
      assert.ok(statusCode === 409 || statusCode === 404, path)
      assert.equal(headers.location, undefined)
      assert.doesNotMatch(body, /New account/)
    }
    assert.match((await inbox.ask(`/messages/${id}`)).body, /Held back\.<\/b> Files with this ending/)
  })

  it('of an attachment leads to the host that has nothing but files', async () => {
    const row = inbox.database.prepare(`SELECT message_id, number FROM attachment WHERE state = 'there'`).get()
    const { statusCode, headers } = await inbox.ask(`/messages/${row?.message_id}/attachments/${row?.number}`)
    assert.equal(statusCode, 303)
    assert.match(String(headers.location), /^http:\/\/files\.custodia\.localhost:8080\//)
  })

  it('is there only for attachments that are there', async () => {
    const id = await idOf('new bank details')
    for (const number of ['1', '-1', '0x0', '00000', 'a', '1e1', '999'])
      assert.equal((await inbox.ask(`/messages/${id}/attachments/${number}`)).statusCode, 404, number)
  })
})

describe('a change', () => {
  it('of labels is made once, however often it is sent', async () => {
    const id = await idOf('wedding')
    for (const _ of [1, 2]) {
      const reply = await post(`/messages/${id}/labels`, 'name=Summer+2027')
      assert.deepEqual([reply.statusCode, reply.headers.location], [303, `/messages/${id}`])
    }
    const label = (await labelsIn(inbox.mailbox, ['team'])).find((one) => one.name === 'Summer 2027')
    assert.equal(label?.messages, 1)
    for (const _ of [1, 2])
      assert.equal((await post(`/messages/${id}/labels/remove`, `label=${label?.id}`)).statusCode, 303)
    assert.equal(
      (await labelsIn(inbox.mailbox, ['team'])).some((one) => one.name === 'Summer 2027'),
      false,
    )
  })

  it('that another site sends is refused', async () => {
    const id = await idOf('wedding')
    const refused: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': '', origin: 'http://inbox.localhost' },
    ]
    for (const headers of refused)
      assert.equal((await post(`/messages/${id}/labels`, 'name=x', { headers })).statusCode, 403)
    const old = async (headers: Record<string, string>) => {
      const assertion = inbox.service.assertion({ permissions: all })
      const type = 'application/x-www-form-urlencoded'
      const sent = { 'custodia-assertion': assertion, 'content-type': type, host: 'inbox.localhost', ...headers }
      return (await inbox.app.inject({ method: 'POST', url: `/messages/${id}/labels`, payload: '', headers: sent }))
        .statusCode
    }
    for (const origin of [
      'null',
      'http://evil.example',
      'http://inbox.localhost.evil.example',
      'http://inbox.localhost:81',
    ])
      assert.equal(await old({ origin }), 403, origin)
    assert.equal(await old({}), 403)
    assert.equal(await old({ origin: 'http://inbox.localhost' }), 400)
  })

  it('that is not a small form of one label is refused', async () => {
    const id = await idOf('wedding')
    const url = `/messages/${id}/labels`
    for (const form of ['', 'name=', 'name=a&name=b', `name=${'x'.repeat(41)}`, 'name=a%00b', 'label=x'])
      assert.equal((await post(url, form)).statusCode, 400, form)
    assert.equal((await post(url, `name=${'x'.repeat(5000)}`)).statusCode, 413)
    assert.equal((await post(url, '{"name":"x"}', { headers: { 'content-type': 'application/json' } })).statusCode, 415)
    assert.equal((await post(`/messages/${'x'.repeat(20)}/labels`, 'name=x')).statusCode, 404)
    assert.equal((await post(`/messages/${id}/labels/remove`, 'label=x')).statusCode, 404)
    assert.equal((await inbox.ask(`/messages/${id}/labels`, all)).statusCode, 404)
  })
})

describe('the report of imports', () => {
  it('lists what could not be read, with its source as text', async () => {
    const report = (await inbox.ask('/imports', ['inbox:import'])).body
    assert.match(report, /Odd\/nested-without-end\.eml/)
    assert.match(report, /nested more than 20 levels deep/)
    const id = /href="(\/imports\/messages\/[\w-]{20})">(?:(?!<\/a>)[\s\S])*not-mail/.exec(report)?.[1] as string
    const source = await inbox.ask(id, ['inbox:import'])
    assert.equal(source.statusCode, 200)
    assert.match(source.body, /␣0000␣/)
  })
})

describe('when the keys are gone', () => {
  it('every page says so, and none shows a word', async () => {
    const id = await idOf('wedding')
    inbox.service.shred()
    inbox.custodia.forgetKeys()
    for (const path of ['/', `/messages/${id}`, `/messages/${id}/body`, '/imports']) {
      const { statusCode, body } = await inbox.ask(path, all)
      assert.equal(statusCode, 410, path)
      assert.match(body, /This mailbox was erased/)
      assert.doesNotMatch(body, /wedding/i)
    }
    assert.deepEqual(inbox.faults, [])
  })
})
