import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApp } from '../../examples/inbox/web/app.ts'
import { root } from '../../tools/suite.ts'
import type { Input } from './inputs.ts'

export type InboxRoute = { readonly method: string; readonly url: string }

/** The routes that Inbox registers, whoever wrote them: asked of Inbox itself, started with nothing behind it. */
export async function inboxRoutes(): Promise<readonly InboxRoute[]> {
  const routes: InboxRoute[] = []
  const watch = (message: unknown) => {
    const { fastify } = message as { fastify: { addHook(name: string, hook: (route: Registered) => void): void } }
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) if (one !== 'HEAD') routes.push({ method: one, url })
    })
  }
  subscribe('fastify.initialization', watch)
  try {
    const nothing = {} as never
    const app = await createApp({
      ...{ custodia: nothing, mailbox: nothing, organisationId: '', onFault: () => {} },
      custodiaOrigin: 'http://custodia.localhost',
    })
    await app.close()
  } finally {
    unsubscribe('fastify.initialization', watch)
  }
  return routes
}

type Registered = { readonly method: string | string[]; readonly url: string }

/** What a route reads of a query or a form, as its source says. */
type Fields = { readonly query: readonly string[]; readonly form: readonly string[] }

function fieldsByRoute(): ReadonlyMap<string, Fields> {
  const found = new Map<string, Fields>()
  for (const file of globSync(join(root, 'examples/inbox/web/*.ts')).filter((one) => !one.endsWith('.test.ts'))) {
    const text = readFileSync(file, 'utf8')
    const starts = [...text.matchAll(/\bapp\.(get|post|put|patch|delete)(?:<[^(]*>)?\(\s*'([^']+)'/g)]
    for (const [i, start] of starts.entries()) {
      const block = text.slice(start.index, starts[i + 1]?.index)
      const named = (pattern: RegExp) => [...new Set([...block.matchAll(pattern)].map((match) => String(match[1])))]
      found.set(`${start[1]?.toUpperCase()} ${start[2]}`, {
        query: named(/\bquery\.(\w+)/g),
        form: named(/\bfieldOf\([\w.]+, '(\w+)'\)/g),
      })
    }
  }
  return found
}

/** Every place for a string in Inbox: in a path, a query, a form; the rest of the request holds what is there. */
export function inboxInputs(routes: readonly InboxRoute[], known: Readonly<Record<string, string>>): readonly Input[] {
  const fields = fieldsByRoute()
  return routes.flatMap(({ method, url }): Input[] => {
    const { query = [], form = [] } = fields.get(`${method} ${url}`) ?? {}
    const params = [...url.matchAll(/:(\w+)/g)].map(([, name]) => String(name))
    const kind = url.split('/')[1] ?? ''
    const pathOf = (given: Readonly<Record<string, string>>) =>
      url.replace(/:(\w+)/g, (_, name) =>
        encodeURIComponent((given[name] ?? known[`${kind}.${name}`] ?? known[name] ?? 'x').toWellFormed()),
      )
    const formOf = (given: Readonly<Record<string, string>>) =>
      Object.fromEntries(form.map((name) => [name, given[name] ?? known[`form.${name}`] ?? 'x']))
    const sent = (given: Readonly<Record<string, string>>) => ({
      path: pathOf(given),
      ...(method === 'GET' ? {} : { form: formOf({}) }),
    })
    const one = (place: string, request: Input['request']): Input => ({
      method,
      route: url,
      place,
      signedIn: true,
      request,
    })
    return [
      ...params.map((name) => one(`path.${name}`, (payload) => sent({ [name]: payload }))),
      ...query.map((name) =>
        one(`query.${name}`, (payload) => ({
          path: `${pathOf({})}?${new URLSearchParams({ [name]: payload.toWellFormed() })}`,
        })),
      ),
      ...form.map((name) =>
        one(`form.${name}`, (payload) => ({ path: pathOf({}), form: formOf({ [name]: payload }) })),
      ),
    ]
  })
}
