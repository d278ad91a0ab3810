import { grantsAdministration } from './access/grants/administration.ts'
import type { AccessModule } from './access/module.ts'
import { access } from './access/module.ts'
import { policyAdministration } from './access/policies/administration.ts'
import { accessPolicyCommands } from './access-policy-commands.ts'
import type { ActivityOfPeople } from './activity/api.ts'
import { activity } from './activity/module.ts'
import { activityCommands } from './activity-commands.ts'
import { administratorCommands } from './administrator-commands.ts'
import type { ApiKeys } from './apikeys/api.ts'
import { apikeys } from './apikeys/module.ts'
import type { App } from './app.ts'
import type { Ledger } from './audit/api.ts'
import { audit } from './audit/module.ts'
import type { CommandOptions } from './command-line.ts'
import type { Answer } from './command-output.ts'
import { print } from './command-output.ts'
import { grantCommands } from './grant-commands.ts'
import type { Identity } from './identity/api.ts'
import { identity } from './identity/module.ts'
import { configuration, dataFolderOf } from './instance.ts'
import { keyCommands } from './key-commands.ts'
import { initRootKey } from './keyring/init-root-key.ts'
import { limitCommands } from './limit-commands.ts'
import type { LimitsModule } from './limits/module.ts'
import { limits } from './limits/module.ts'
import { buildFilter, importUsersFrom } from './password-commands.ts'
import type { PlatformSettings } from './platform/config/platform-settings.ts'
import { webhookCommands } from './webhook-commands.ts'
import type { WebhooksModule } from './webhooks/module.ts'
import { webhooks } from './webhooks/module.ts'
import { withInstance } from './with-instance.ts'

type Command = (args: readonly string[], json: boolean, options: CommandOptions) => Promise<void>

/** Commands on what `on` takes from an instance; each has its own, for as long as it takes. `failed`: it did its work, and something is wrong. */
function carriedOut<On>(
  commands: Readonly<
    Record<
      string,
      (on: On, words: readonly string[], options: CommandOptions) => Promise<Answer & { failed?: boolean }>
    >
  >,
  on: (app: App) => On,
): Readonly<Record<string, Command>> {
  return Object.fromEntries(
    Object.entries(commands).map(([name, command]): [string, Command] => [
      name,
      async (words, json, options) =>
        await withInstance(async ({ app }) => {
          const { value, text, failed } = await command(on(app), words, options)
          print(json, value, text)
          if (failed === true) process.exitCode = 1
        }),
    ]),
  )
}

/** Commands that need the instance's own keys and storage: whoever may run them has the machine. */
export const accountCommands: Readonly<Record<string, Command>> = {
  async 'keyring init'(_args, json) {
    const { values } = configuration()
    const config = values.keyring as Parameters<typeof initRootKey>[0]['config']
    const made = await initRootKey({ dataFolder: dataFolderOf(values.platform as PlatformSettings), config })
    print(
      json,
      made,
      `The root key is in ${made.file}. Keep a copy apart from the database: without it the data is gone.`,
    )
  },
  async 'setup-link'(_args, json) {
    await withInstance(async ({ app }) => {
      const made = await app.api<Identity>(identity).createSetupLink()
      if (made === null)
        throw new Error('Custodia is set up already: there is an organisation. Its administrators invite others.')
      print(json, made, `${made.link}\nIt works once, until ${made.expiresAt.toISOString()}.`)
    })
  },
  async 'applications key'([application, ...roles], json) {
    if (application === undefined) throw new Error('Which application? As in: custodia applications key inbox')
    await withInstance(async ({ app }) => {
      const [organisationId, second] = await app.api<Identity>(identity).organisations(2)
      if (organisationId === undefined)
        throw new Error('There is no organisation yet. Make the first administrator: custodia setup-link')
      if (second !== undefined)
        throw new Error('There are several organisations; keys for them are made in the console.')
      const wanted = { organisationId, applicationId: application, ...(roles.length > 0 ? { roles } : {}) }
      const issued = await app.api<ApiKeys>(apikeys).issue(wanted)
      print(
        json,
        { organisationId, ...issued },
        `${issued.key}\nIt is shown once. Give it to ${application} as CUSTODIA_APPLICATION_KEY_FILE.`,
      )
    })
  },
  async 'users import'([file], json) {
    if (file === undefined) throw new Error('Which file? As in: custodia users import people.jsonl')
    await withInstance(async ({ app }) => {
      const result = await importUsersFrom(file, app.api<Identity>(identity))
      print(json, result, `${result.imported} people imported. They sign in with the passwords that they have.`)
    })
  },
  ...carriedOut(administratorCommands, (app) => app.api<Identity>(identity).administration),
  ...carriedOut(activityCommands, (app) => ({
    activity: app.api<ActivityOfPeople>(activity),
    administration: app.api<Identity>(identity).administration,
  })),
  ...carriedOut(keyCommands, (app) => ({
    keys: app.api<ApiKeys>(apikeys),
    administration: app.api<Identity>(identity).administration,
  })),
  ...carriedOut(grantCommands, (app) => ({
    grants: (organisationId: string) =>
      grantsAdministration(app.api<AccessModule>(access).grants.parts, organisationId),
    administration: app.api<Identity>(identity).administration,
  })),
  ...carriedOut(accessPolicyCommands, (app) => ({
    policies: (organisationId: string) =>
      policyAdministration(app.api<AccessModule>(access).policies.parts, organisationId),
    administration: app.api<Identity>(identity).administration,
  })),
  ...carriedOut(limitCommands, (app) => ({
    limits: (organisationId: string | null) => app.api<LimitsModule>(limits).administration(organisationId),
    administration: app.api<Identity>(identity).administration,
  })),
  ...carriedOut(webhookCommands, (app) => ({
    webhooks: (organisationId: string) => app.api<WebhooksModule>(webhooks).administration(organisationId),
    administration: app.api<Identity>(identity).administration,
  })),
  async 'passwords build-filter'([list, out], json) {
    if (list === undefined || out === undefined)
      throw new Error('Of what, and where to? As in: custodia passwords build-filter list.txt breached.filter')
    const made = await buildFilter(list, out)
    const left = made.skipped > 0 ? ` ${made.skipped} lines were left out.` : ''
    print(
      json,
      made,
      `${made.entries} passwords in ${made.bytes} bytes.${left} Name it in CUSTODIA_IDENTITY_BREACHED_FILTER.`,
    )
  },
  async 'ledger check'(_args, json) {
    await withInstance(async ({ app }) => {
      const { findings, checkpoint, complete } = await app.api<Ledger>(audit).verify()
      const ok = findings.length === 0 && complete
      const lines = findings.map(({ kind, explanation }) => `${kind}: ${explanation}`)
      const size = checkpoint?.size ?? 0
      print(
        json,
        { ok, size, complete, findings },
        ok ? `All ${size} entries are as they were signed for.` : lines.join('\n'),
      )
      if (!ok) process.exitCode = 1
    })
  },
}
