import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorTables, eventCatalogue, modules, settingTables } from '../../server/app.ts'
import { configuration, startInstance } from '../../server/instance.ts'
import { initRootKey } from '../../server/keyring/init-root-key.ts'
import type { Key } from '../../server/platform/config/keys.ts'
import { keysOf } from '../../server/platform/config/keys.ts'
import { platformSettings } from '../../server/platform/config/platform-settings.ts'
import type { DocumentedErrors } from '../../server/platform/http/error-page.ts'
import type { PermissionTable } from '../../server/platform/module.ts'
import { createLogger } from '../../server/platform/telemetry/logger.ts'
import { serve } from '../../server/serve.ts'
import { caller } from '../demo/call.ts'

/** Everything that the reference speaks of, as the house itself declares it. */
export type House = {
  readonly settings: readonly Key[]
  readonly errors: readonly DocumentedErrors[]
  readonly events: Readonly<Record<string, string>>
  readonly permissions: readonly { readonly module: string; readonly permissions: PermissionTable }[]
  readonly openApi: OpenApi
  /** The text that Prometheus reads. */
  readonly metrics: string
}

export type OpenApi = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }
export type Operation = {
  readonly summary: string
  readonly tags: readonly [string]
  readonly security: readonly object[]
  readonly 'x-permission'?: string
  readonly 'x-limit-class': string
  readonly 'x-sensitive': boolean
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}

/**
 * Reads the manifests. Routes and figures exist only where modules run, so a server is started in an empty folder for a moment.
 */
export async function describeHouse(): Promise<House> {
  const { openApi, metrics } = await askServer()
  return {
    settings: keysOf({ platform: platformSettings, ...settingTables }),
    errors: errorTables,
    events: eventCatalogue,
    permissions: modules.map(({ name, permissions }) => ({ module: name, permissions })),
    openApi,
    metrics,
  }
}

async function askServer(): Promise<Pick<House, 'openApi' | 'metrics'>> {
  const folder = mkdtempSync(join(tmpdir(), 'custodia-reference-'))
  const read = configuration({
    CUSTODIA_DATA: folder,
    CUSTODIA_LISTEN: '127.0.0.1:0',
    CUSTODIA_ADMIN_LISTEN: 'off',
  })
  const log = createLogger({ level: 'error', destination: process.stderr })
  try {
    await initRootKey({
      dataFolder: folder,
      config: read.values.keyring as Parameters<typeof initRootKey>[0]['config'],
    })
    const instance = await startInstance(read, log, 'server')
    try {
      const serving = await serve(instance, log)
      try {
        const { body } = await caller(serving.port, 'custodia.localhost')('GET', '/openapi.json')
        return { openApi: body as OpenApi, metrics: await instance.metrics.text() }
      } finally {
        await serving.stop()
      }
    } finally {
      await instance.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
