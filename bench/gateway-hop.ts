import { compareLoad } from './measure/compare-load.ts'
import { withCustodia } from './measure/custodia.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench } from './measure/row.ts'
import { more } from './measure/row.ts'

const configuration = (upstream: string) => `gateway:
  applications:
    bench:
      title: Bench
      host: bench.localhost
      upstream: ${upstream}
      permissions: { "bench:read": "Read." }
      rules: [{ path: "/**", methods: [GET], permission: "bench:read" }]
`

/**
 * One request through the gateway, with session, rule, decision and signed assertion, against `@fastify/http-proxy` in front of the same
 * upstream, which looks at nothing.
 */
export const gatewayHop: Bench = {
  name: 'gateway-hop',
  async run() {
    const upstream = await startPeer('upstream')
    const origin = `http://127.0.0.1:${upstream.port}`
    const proxy = await startPeer('http-proxy', [origin])
    try {
      return await withCustodia({ configuration: configuration(origin) }, async ({ pid, server, enter }) => {
        const request = { host: 'bench.localhost', path: '/hello', cookie: await enter('bench.localhost') }
        const { ours, other, remarks } = await compareLoad(
          { ...request, pid, port: server.port },
          { ...request, pid: proxy.pid, port: proxy.port },
        )
        const name = 'hop through the gateway, beside http-proxy'
        return [more({ name, ours, other, unit: 'per CPU-second', goal: 0.8, remarks })]
      })
    } finally {
      await proxy.stop()
      await upstream.stop()
    }
  },
}
