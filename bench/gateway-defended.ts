import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from './measure/compare-load.ts'
import { compareLoad } from './measure/compare-load.ts'
import { withCustodia } from './measure/custodia.ts'
import { startNginx } from './measure/nginx.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench, Row } from './measure/row.ts'
import { more } from './measure/row.ts'

const openapi = `openapi: 3.1.0
info: { title: Bench, version: "1" }
paths:
  /hello:
    get:
      responses:
        "200":
          description: A greeting.
          content:
            application/json:
              schema: { type: object, properties: { hello: { type: string } }, required: [hello], additionalProperties: false }
`

const most = 'burst: 1000000, perSeconds: 1'
const configuration = (upstream: string, document: string) => `gateway:
  applications:
    bench:
      title: Bench
      host: bench.localhost
      upstream: ${upstream}
      permissions: { "bench:read": "Read." }
      rules: [{ path: "/**", methods: [GET], permission: "bench:read" }]
      edge:
        limits:
          each: { by: address, ${most} }
          networks: { by: network, ${most} }
          together: { by: route, ${most} }
          people: { by: account, ${most} }
          organisations: { by: organisation, ${most} }
        browser: { profile: strict, nonces: true, cors: [{ path: "/**", origins: ["https://example.org"], methods: [GET] }] }
        input: { openapi: "${document}", replies: refuse }
`

/**
 * A request through the gateway with every defence that an application can have: session, rule, decision and signed assertion; five limits;
 * headers, nonces and CORS; request and reply held to the application's document. Beside `@fastify/http-proxy` and nginx in front of the same
 * upstream, which look at nothing.
 */
export const gatewayDefended: Bench = {
  name: 'gateway-defended',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'custodia-bench-'))
    const document = join(folder, 'openapi.yaml')
    writeFileSync(document, openapi)
    const upstream = await startPeer('upstream')
    const origin = `http://127.0.0.1:${upstream.port}`
    const proxy = await startPeer('http-proxy', [origin])
    const nginx = await startNginx(`127.0.0.1:${upstream.port}`)
    try {
      return await withCustodia({ configuration: configuration(origin, document) }, async ({ pid, server, enter }) => {
        const request = { host: 'bench.localhost', path: '/hello', cookie: await enter('bench.localhost') }
        const ours = { ...request, pid, port: server.port }
        const beside = async (
          name: string,
          goal: number,
          { pid, port }: Pick<Target, 'pid' | 'port'>,
        ): Promise<Row> => {
          const { remarks, ...pair } = await compareLoad(ours, { ...request, pid, port })
          const { ours: mine, other } = pair
          return more({
            name: `gateway, every defence, beside ${name}`,
            ours: mine,
            other,
            unit: 'per CPU-second',
            goal,
            remarks,
          })
        }
        const rows = [await beside('http-proxy', 0.4, proxy)]
        if (nginx !== null) rows.push(await beside('nginx', 0.1, nginx))
        return rows
      })
    } finally {
      await nginx?.stop()
      await proxy.stop()
      await upstream.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
