import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { Refusal } from './refusal.ts'

const load = (name: string, ending: string, type: string) => {
  const content = readFileSync(new URL(`./assets/${name}.${ending}`, import.meta.url))
  const version = createHash('sha256').update(content).digest('base64url').slice(0, 12)
  return { file: `${name}-${version}.${ending}`, type, content }
}

const style = load('inbox', 'css', 'text/css; charset=utf-8')
const script = load('inbox', 'js', 'text/javascript; charset=utf-8')
const icon = load('icon', 'svg', 'image/svg+xml')

/** Where the pages find them. The names change with the content, so that browsers may keep them for ever. */
export const assetPaths = {
  style: `/assets/${style.file}`,
  script: `/assets/${script.file}`,
  icon: `/assets/${icon.file}`,
} as const

export function assetRoutes(app: FastifyInstance): void {
  const assets = new Map([style, script, icon].map((asset) => [asset.file, asset]))
  app.get<{ Params: { file: string } }>('/assets/:file', { config: { permission: 'inbox:read' } }, (request, reply) => {
    const asset = assets.get(request.params.file)
    if (asset === undefined) throw new Refusal(404)
    return reply.type(asset.type).header('cache-control', 'private, max-age=31536000, immutable').send(asset.content)
  })
}
