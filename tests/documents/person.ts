import { createFetch } from '@custodia/wire/node/fetch.ts'

const fetch = createFetch()
const password = 'a long enough password of somebody'

/** What a person does in a browser, and with which cookies. */
export type Person = { readonly cookie: string }

const cookieOf = (response: Response, name: RegExp): string => {
  const found = response.headers.getSetCookie().find((one) => name.test(one))
  if (found === undefined) throw new Error(`${response.status} without the cookie ${name}`)
  return found.split(';')[0] as string
}

async function post(url: string, path: string, body: object, cookie?: string): Promise<Response> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { origin: url, 'content-type': 'application/json', ...(cookie === undefined ? {} : { cookie }) },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response
}

/** Opens a set-up link, and becomes the first administrator. */
export async function setUp(link: string): Promise<Person> {
  const { origin, hash } = new URL(link)
  const body = { token: hash.slice(1), organisation: 'Northwind', name: 'Ana Torres', email: 'ana@northwind.example' }
  return { cookie: cookieOf(await post(origin, '/v1/setup', { ...body, password }), /^__Host-custodia=/) }
}

/** Opens a page of an application behind the gateway: is sent to the sign-in page, and comes back with a session there. */
export async function openApplication(custodia: string, application: string, person: Person): Promise<Person> {
  const sent = await fetch(`${application}/`, { headers: { accept: 'text/html' } })
  const state = new URL(sent.headers.get('location') ?? '').searchParams.get('state')
  const back = cookieOf(sent, /^__Host-custodia-return=/)
  const host = new URL(application).hostname
  const { location } = (await (await post(custodia, '/v1/hand-over', { host, state }, person.cookie)).json()) as {
    location: string
  }
  return { cookie: cookieOf(await fetch(location, { headers: { cookie: back } }), /^__Host-custodia=/) }
}

/** Asks for one address with a person's cookies. */
export async function ask(
  url: string,
  person: Person | null,
  init: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const cookie: Record<string, string> = person === null ? {} : { cookie: person.cookie }
  const response = await fetch(url, { ...init, headers: { ...cookie, ...init.headers } })
  return { status: response.status, text: await response.text() }
}

/** Sends JSON to Custodia as its own pages do. */
export async function send(
  custodia: string,
  path: string,
  body: object,
  person: Person,
  method = 'POST',
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(custodia + path, {
    method,
    headers: { origin: custodia, 'content-type': 'application/json', cookie: person.cookie },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}
