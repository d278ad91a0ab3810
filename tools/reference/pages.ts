import type { Setting } from '../../server/platform/config/setting.ts'
import { defaultLimits } from '../../server/platform/http/limits.ts'
import type { House, Operation } from './describe-house.ts'

const written = 'Written by `node tools/reference.ts` from the manifests of the modules: change those, not this page.'

/** The pages of docs/reference, by file name. */
export function referencePages(house: House): Readonly<Record<string, string>> {
  return {
    'configuration.md': configuration(house),
    'errors.md': errors(house),
    'events.md': events(house),
    'permissions.md': permissions(house),
    'routes.md': routes(house),
    'metrics.md': metrics(house),
  }
}

function configuration({ settings }: House): string {
  const modules = [...new Set(settings.map(({ module }) => module))]
  return page(
    'Configuration',
    `Environment over file over default. The file is YAML, named by \`CUSTODIA_CONFIG\`; \`custodia config\` prints what is in force and where
it comes from. A name that nothing has, or a value of the wrong shape, stops the start and is named. A secret may stand in a file of
its own: put \`_FILE\` after its name in the environment.`,
    modules.map((module) => [
      module,
      settings
        .filter((key) => key.module === module)
        .map(({ environment, file, setting }) => {
          const lines = [
            setting.description,
            '',
            `- in the file: \`${file}\`${setting.secret ? ' · secret, masked wherever it is shown' : ''}`,
            `- shape: ${setting.shape}`,
            `- default: ${defaultOf(setting)}`,
            `- example: \`${setting.example}\``,
          ]
          return `### ${environment}\n\n${lines.join('\n')}`
        })
        .join('\n\n'),
    ]),
  )
}

function defaultOf({ defaultValue }: Setting): string {
  const empty = Array.isArray(defaultValue) && defaultValue.length === 0
  if (defaultValue === null || defaultValue === '' || empty) return 'none'
  return `\`${typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue)}\``
}

function errors({ errors: tables }: House): string {
  return page(
    'Errors',
    `What is refused carries one of these codes, as a problem (RFC 9457). They are stable. A server shows this list at \`/docs/errors\`.`,
    tables
      .filter((one) => Object.keys(one.errors).length > 0)
      .map((one) => [
        one.module,
        table(
          ['code', 'status', 'what happened', 'what to do'],
          Object.entries(one.errors).map(([code, { status, title, help }]) => [code, `${status}`, title, help]),
        ),
      ]),
  )
}

function events({ events: catalogue }: House): string {
  const modules = [...new Set(Object.keys(catalogue).map((type) => type.split('.')[0] as string))]
  return page(
    'Events',
    'Every type of entry that the ledger may hold (form of an entry: [the ledger](../specs/ledger.md)).',
    modules.map((module) => [
      module,
      table(
        ['type', 'what happened'],
        Object.entries(catalogue).filter(([type]) => type.startsWith(`${module}.`)),
      ),
    ]),
  )
}

function permissions({ permissions: tables }: House): string {
  return page(
    'Permissions',
    `What roles are made of (\`access.roles\` in the configuration). Applications behind the gateway declare permissions of their own, which
begin with the name of the application. A permission whose reach is the installation counts in the organisation that operates it
alone: the first one that was made. In every other no role, relation or policy gives it, \`*\` or not.`,
    tables
      .filter((one) => Object.keys(one.permissions).length > 0)
      .map((one) => [
        one.module,
        table(
          ['permission', 'reach', 'what it allows'],
          Object.entries(one.permissions).map(([name, { summary, reach }]) => [name, reach ?? 'organisation', summary]),
        ),
      ]),
  )
}

function routes({ openApi }: House): string {
  const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
  const modules = [...new Set(operations.map(({ operation }) => operation.tags[0]))]
  const limits = Object.entries(defaultLimits).map(
    ([name, { burst, perSeconds }]) => `${name} ${burst} in ${perSeconds} s`,
  )
  return page(
    'Routes',
    `The HTTP API. A server gives the whole of it, with schemas, at \`/openapi.json\` (OpenAPI 3.1). *Fresh* routes ask a person for a sign-in
that is recent. Limits for one address, unless configured (\`CUSTODIA_LIMITS_CLASSES\`): ${limits.join(', ')}.`,
    modules.map((module) => [
      module,
      table(
        ['route', 'who', 'limit', 'what it does', 'its own errors'],
        operations
          .filter(({ operation }) => operation.tags[0] === module)
          .map(({ method, path, operation }) => [
            `${method} ${path}`,
            who(operation),
            operation['x-limit-class'] + (operation['x-sensitive'] ? ', fresh' : ''),
            operation.summary,
            errorsOf(operation),
          ]),
      ),
    ]),
  )
}

function who(operation: Operation): string {
  if (operation['x-permission'] !== undefined) return `\`${operation['x-permission']}\``
  return operation.security.length === 0 ? 'anyone' : 'signed-in'
}

const errorsOf = ({ responses }: Operation): string =>
  Object.entries(responses)
    .filter(([status]) => /^[45]/.test(status))
    .map(([, { description }]) => description)
    .join(', ')

function metrics({ metrics: text }: House): string {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]))
  const rows = [...text.matchAll(/^# HELP (\S+) (.+)$/gm)].map(
    ([, name = '', help = '']) => [name, types.get(name) ?? '', help] as const,
  )
  const own = rows.filter(([name]) => name.startsWith('custodia_')).sort(([a], [b]) => (a < b ? -1 : 1))
  return page(
    'Metrics',
    `Read them with Prometheus at \`/metrics\` on \`CUSTODIA_ADMIN_LISTEN\`. Beside these come the figures of the process itself (\`process_…\`,
\`nodejs_…\`).`,
    [['custodia', table(['figure', 'kind', 'what it counts'], own)]],
  )
}

function page(title: string, about: string, parts: readonly (readonly [heading: string, body: string])[]): string {
  return [`# ${title}`, written, about, ...parts.flatMap(([heading, body]) => [`## ${heading}`, body])]
    .join('\n\n')
    .concat('\n')
}

/** The first column is what is looked up: it is set as code. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...rows.map(([first = '', ...rest]) => line([`\`${first}\``, ...rest])),
  ].join('\n')
}
