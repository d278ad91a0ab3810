import { request as httpRequest } from 'node:http'
import type { Upload } from '@custodia/wire/http/uploads.ts'
import type { Settings } from '../platform/config/setting.ts'
import type { Authenticator } from '../platform/http/ports.ts'
import { newId } from '../platform/random.ts'
import type { TestHouse, TestProcess, TestServer } from '../sessions/testing.ts'
import { openTestHouse, serve } from '../sessions/testing.ts'
import { config } from './config.ts'
import type { UploadsModule } from './module.ts'
import { createUploads, uploads } from './module.ts'

type Config = Settings<typeof config>

const defaults = Object.fromEntries(Object.entries(config).map(([name, one]) => [name, one.defaultValue])) as Config

export const testConfig: Config = { ...defaults, scanner: 'off', host: 'files.localhost', maxBytes: 1_000_000 }

/** An application of an organisation, as its key would make it known. */
export type Caller = {
  readonly application: string
  readonly organisationId: string
  readonly roles?: readonly string[]
}

export type Reply = {
  readonly status: number
  readonly body: Upload & { code?: string }
  readonly bytes: Buffer
  readonly headers: Record<string, unknown>
}

export type UploadsProcess = TestProcess & {
  readonly uploads: UploadsModule
  readonly server: TestServer
  call(who: Caller | null, method: string, path: string, body?: Sent): Promise<Reply>
  send(who: Caller | null, name: string, bytes: Uint8Array, query?: string): Promise<Reply>
  /** Sends it and waits for what becomes of it. */
  settle(who: Caller, name: string, bytes: Uint8Array, query?: string): Promise<Upload>
  run(name: string): Promise<void>
}

type Sent = { readonly bytes?: Uint8Array; readonly headers?: Record<string, string> }

export type UploadsHouse = {
  readonly house: TestHouse
  process(changes?: Partial<Config>): Promise<UploadsProcess>
  close(): Promise<void>
}

export const inbox = (organisationId = newId('org')): Caller => ({ application: 'inbox', organisationId })

const byHeader: Authenticator = {
  name: 'test application',
  authenticate({ headers }) {
    const said = headers['x-test-application']
    if (typeof said !== 'string') return null
    const { application, organisationId, roles = ['application'] } = JSON.parse(said) as Caller
    return { kind: 'application', id: application, organisationId, roles, keyId: 'key_test' }
  },
}

export async function openUploadsHouse(): Promise<UploadsHouse> {
  const house = await openTestHouse([uploads], {
    sender: { summary: 'Sends files.', permissions: ['uploads:files:read', 'uploads:files:write'] },
    keeper: { summary: 'Looks after files.', permissions: ['uploads:organisation:read', 'uploads:organisation:write'] },
  })
  const stops: (() => Promise<void>)[] = []
  return {
    house,
    async process(changes = {}) {
      const process = await house.process({ publicUrl: 'http://custodia.localhost' })
      const context = { ...process.context, config: { ...testConfig, ...changes } }
      const started = await createUploads(context as Parameters<typeof createUploads>[0], process)
      const server = await serve(process, started.routes, [byHeader])
      stops.push(server.close, () => started.stop())
      const call: UploadsProcess['call'] = (who, method, path, sent = {}) => send(server.port, who, method, path, sent)
      const post: UploadsProcess['send'] = (who, name, bytes, query = '') =>
        call(who, 'POST', `/v1/uploads${query}`, {
          bytes,
          headers: { 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}` },
        })
      return {
        ...process,
        uploads: started,
        server,
        call,
        send: post,
        async settle(who, name, bytes, query) {
          const { status, body } = await post(who, name, bytes, query)
          if (status !== 202) throw new Error(`${status} ${body.code}`)
          await started.idle()
          return (await call(who, 'GET', `/v1/uploads/${body.id}`)).body
        },
        async run(name) {
          await started.jobs.find((job) => job.name === name)?.run(new AbortController().signal)
        },
      }
    },
    async close() {
      for (const stop of stops) await stop()
      await house.close()
    },
  }
}

function send(
  port: number,
  who: Caller | null,
  method: string,
  path: string,
  { bytes, headers }: Sent,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      ...{ host: '127.0.0.1', port, method, path, agent: false },
      headers: {
        host: 'custodia.localhost',
        ...(who === null ? {} : { 'x-test-application': JSON.stringify(who) }),
        ...(bytes === undefined ? {} : { 'content-type': 'application/octet-stream', 'content-length': bytes.length }),
        ...headers,
      },
    })
    request.on('error', reject)
    request.on('response', async (response) => {
      try {
        const said = Buffer.concat(await response.toArray())
        const isJson = /json/.test(response.headers['content-type'] ?? '')
        const body = isJson && said.length > 0 ? (JSON.parse(said.toString()) as Reply['body']) : ({} as Reply['body'])
        resolve({ status: response.statusCode ?? 0, body, bytes: said, headers: response.headers })
      } catch (error) {
        reject(error)
      }
    })
    request.end(bytes)
  })
}
