import type { IncomingMessage, ServerResponse } from 'node:http'
import { createUploadGuard } from '@custodia/sdk/uploads'

// As much of Custodia's uploads as one process of tests needs. Files are looked at by the real function, in a process of its own; what
// Custodia itself does with them, and a real scanner, is tested in `server/uploads` and together with this application in `tests/`.

type File = { readonly name: string; readonly sent: Buffer; settled: Record<string, unknown>; content: Buffer | null }

export function createTestUploads() {
  const guard = createUploadGuard({ clamd: null, lookSeconds: 60 })
  const files = new Map<string, File>()
  const service = {
    files,
    /** What Custodia answers instead, by method and path, as in `POST /v1/uploads`; null where it answers as ever. */
    refuse: null as ((call: string) => { status: number; code: string } | null) | null,
    /** While true, nothing that came in is looked at. */
    held: false,
    /** @returns false where this is none of its paths. */
    async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
      const [, , collection, id = '', more = ''] = pathname.split('/')
      if (collection !== 'uploads') return false
      const bytes = Buffer.concat(await request.toArray())
      const json = (status: number, body: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      const refused = service.refuse?.(`${request.method} ${pathname}`) ?? null
      const file = files.get(id)
      if (refused !== null) json(refused.status, { code: refused.code })
      else if (request.method === 'POST' && id === '')
        json(...receive(searchParams.get('id') as string, request, bytes))
      else if (file === undefined) json(404, { code: 'UPLOAD_UNKNOWN' })
      else if (request.method === 'DELETE') {
        files.delete(id)
        response.writeHead(204).end()
      } else if (more === 'links')
        json(201, { url: `http://files.custodia.localhost:8080/${id}/1/x`, expiresAt: new Date().toISOString() })
      else if (more === 'content') response.writeHead(200).end(file.content)
      else json(200, await show(id, file))
      return true
    },
  }

  function receive(id: string, { headers }: IncomingMessage, sent: Buffer): [number, unknown] {
    if (files.has(id)) return [409, { code: 'UPLOAD_EXISTS' }]
    const name = decodeURIComponent(/filename\*=UTF-8''(\S+)$/.exec(headers['content-disposition'] ?? '')?.[1] ?? '')
    files.set(id, {
      name,
      sent,
      settled: { state: 'received', flags: [], reason: null, mediaType: null },
      content: null,
    })
    return [202, { id, state: 'received', name }]
  }

  async function show(id: string, file: File): Promise<unknown> {
    if (file.settled.state === 'received' && !service.held) {
      const found = await guard.examine(file.sent, file.name)
      const taken = found.verdict === 'taken'
      file.content = taken ? Buffer.from(found.content) : null
      file.settled = {
        state: taken ? 'there' : 'refused',
        reason: found.verdict === 'refused' ? found.reason : null,
        flags: taken ? found.flags : [],
        mediaType: taken ? found.mediaType : null,
      }
    }
    return { id, name: file.name, sizeBytes: (file.content ?? file.sent).length, ...file.settled }
  }

  return service
}
