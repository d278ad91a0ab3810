import type { Attempt, Endpoint } from '@custodia/wire/http/webhooks.ts'
import { DeliveryQuery, EndpointChange, NewEndpoint, RotateSecret } from '@custodia/wire/http/webhooks.ts'
import { printableField } from '@custodia/wire/printable.ts'
import { organisationIdOf } from './administrator-commands.ts'
import type { CommandOptions } from './command-line.ts'
import { checked } from './command-line.ts'
import type { Answer } from './command-output.ts'
import { minute, table } from './command-output.ts'
import { listed } from './grant-command.ts'
import type { Administration } from './identity/administration.ts'
import type { WebhooksAdministration } from './webhooks/administration.ts'

type Installation = {
  readonly administration: Administration
  webhooks(organisationId: string): WebhooksAdministration
}
type Command = (webhooks: WebhooksAdministration, words: readonly string[], options: CommandOptions) => Promise<Answer>

const commands: Readonly<Record<string, Command>> = {
  async 'webhooks list'(webhooks) {
    const items = await webhooks.list()
    const rows = items.map((one) => [
      one.id,
      stateOf(one),
      String(one.waiting),
      String(one.dead),
      one.events?.join(' ') ?? 'all',
      one.url,
    ])
    const text = table(['ENDPOINT-ID', 'STATE', 'WAITING', 'DEAD', 'EVENTS', 'URL'], rows)
    return { value: { items }, text: items.length === 0 ? 'There are no endpoints.' : text }
  },

  async 'webhooks create'(webhooks, [url = ''], { events, description, personal }) {
    const wanted = {
      url,
      ...(events === undefined ? {} : { events: events.split(',') }),
      ...(description === undefined ? {} : { description }),
      ...(personal === true ? { personal } : {}),
    }
    const { endpoint, secret } = await webhooks.create(checked(NewEndpoint, wanted))
    const text = `${secret}\nIt is shown once. ${endpoint.id} is told what happens from now on.`
    return { value: { endpoint, secret }, text }
  },

  async 'webhooks enable'(webhooks, [id = '']) {
    const endpoint = await webhooks.change(id, checked(EndpointChange, { enabled: true }))
    return { value: { endpoint }, text: `${endpoint.id} is on.` }
  },

  async 'webhooks disable'(webhooks, [id = '']) {
    const endpoint = await webhooks.change(id, checked(EndpointChange, { enabled: false }))
    const text = `${endpoint.id} is off. What waited for it is among its dead letters: ${endpoint.dead}.`
    return { value: { endpoint }, text }
  },

  async 'webhooks delete'(webhooks, [id = '']) {
    await webhooks.remove(id)
    return { value: { deleted: id }, text: `${printableField(id)} is gone, with all that waited for it.` }
  },

  async 'webhooks rotate'(webhooks, [id = ''], { overlap }) {
    const asked = checked(RotateSecret, overlap === undefined ? {} : { overlapSeconds: Number(overlap) })
    const { endpoint, secret } = await webhooks.rotate(id, asked)
    const until = minute(endpoint.overlapUntil, 'now')
    return {
      value: { endpoint, secret },
      text: `${secret}\nIt is shown once. The old one signs beside it until ${until}.`,
    }
  },

  async 'webhooks deliveries'(webhooks, [endpoint], { state, limit, after }) {
    const query = {
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(state === undefined ? {} : { state }),
      ...(limit === undefined ? {} : { limit: Number(limit) }),
      ...(after === undefined ? {} : { cursor: after }),
    }
    const page = await webhooks.deliveries(checked(DeliveryQuery, query))
    if (page.items.length === 0) return { value: page, text: 'There are no such messages.' }
    const rows = page.items.map((one) => [
      one.id,
      one.state,
      String(one.tries),
      minute(one.createdAt),
      minute(one.nextTryAt, '-'),
      one.deadWhy ?? '-',
      one.type,
    ])
    const titles = ['DELIVERY-ID', 'STATE', 'TRIES', 'SINCE', 'NEXT TRY', 'DEAD WHY', 'TYPE']
    return listed(['webhooks deliveries', endpoint].filter((word) => word).join(' '), page, table(titles, rows))
  },

  async 'webhooks show'(webhooks, [id = '']) {
    const found = await webhooks.delivery(id)
    const { type, messageId, state } = found.delivery
    return { value: found, text: `${messageId} ${printableField(type)}: ${state}\n${attemptTable(found.attempts)}` }
  },

  async 'webhooks replay'(webhooks, [id = '']) {
    if (id.startsWith('whe_')) {
      const replayed = await webhooks.replayDead(id)
      return { value: { replayed }, text: `${replayed} dead letters are sent once more.` }
    }
    await webhooks.replay(id)
    return { value: { replayed: 1 }, text: `${printableField(id)} is sent once more.` }
  },

  async 'webhooks test'(webhooks, [id = '']) {
    const attempt = await webhooks.test(id)
    return { value: { attempt }, text: attemptTable([attempt]), failed: attempt.outcome !== 'delivered' }
  },
}

/** `custodia webhooks …` */
export const webhookCommands = Object.fromEntries(
  Object.entries(commands).map(([name, command]) => [
    name,
    async ({ administration, webhooks }: Installation, words: readonly string[], options: CommandOptions) =>
      await command(webhooks(await organisationIdOf(administration, options.organisation)), words, options),
  ]),
)

function stateOf({ disabledWhy, disabledAt, restsUntil }: Endpoint): string {
  if (disabledAt !== null) return `off: ${disabledWhy ?? '-'}`
  return restsUntil === null ? 'on' : `rests until ${minute(restsUntil)}`
}

const attemptTable = (attempts: readonly Attempt[]): string =>
  table(
    ['TRY', 'AT', 'STATUS', 'TOOK', 'OUTCOME'],
    attempts.map((one) => [
      String(one.number),
      minute(one.at),
      String(one.status ?? '-'),
      `${one.durationMs} ms`,
      one.outcome,
    ]),
  )
