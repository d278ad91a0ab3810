import { Readable } from 'node:stream'
import { closed, Id } from '@custodia/wire/http/common.ts'
import { DownloadLink, NewUpload, Upload, UploadQuery, Uploads } from '@custodia/wire/http/uploads.ts'
import { Type } from 'typebox'
import { actorOf } from '../platform/events/event.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute, Reply } from '../platform/http/route.ts'
import { remove } from './delete.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { fileHeaders } from './file-headers.ts'
import { readFrames } from './frames.ts'
import { makeLink } from './link.ts'
import { listOwn } from './list.ts'
import { openMeta } from './meta.ts'
import type { Parts } from './parts.ts'
import type { Quarantine } from './quarantine.ts'
import { about, receive } from './receive.ts'
import { find, findThere, show } from './show.ts'

const OneUpload = Type.Object({ uploadId: Id('upl') }, closed)

export function routes(parts: Parts, quarantine: Quarantine): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/uploads',
      summary:
        'Send a file: its bytes as the body, its name in Content-Disposition. It is in quarantine until it was looked at and scanned.',
      who: { permission: 'uploads:files:write' },
      limit: 'write',
      sensitive: false,
      query: NewUpload,
      rawBody: true,
      bodyLimitBytes: parts.context.config.maxBytes,
      reply: Upload,
      errors: [
        'UPLOAD_SCANNER_UNSET',
        'UPLOAD_NAME_MISSING',
        'UPLOAD_EXISTS',
        'UPLOAD_QUOTA_REACHED',
        'UPLOAD_BUSY',
        'UPLOAD_SUBJECT_NOT_YOURS',
      ],
      async handle({ principal, query, head, rawBody, signal }) {
        const upload = await receive(parts, principal, { asked: query, head, body: rawBody, signal })
        quarantine.soon()
        return new Reply(202, upload)
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/uploads',
      summary: 'List your files, the newest first.',
      who: { permission: 'uploads:files:read' },
      limit: 'read',
      sensitive: false,
      query: UploadQuery,
      reply: Uploads,
      errors: ['UPLOAD_CURSOR_INVALID'],
      handle: async ({ principal, query }) => await listOwn(parts, principal, query),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/uploads/:uploadId',
      summary: 'Get what is known of one of your files.',
      who: { permission: 'uploads:files:read' },
      limit: 'read',
      sensitive: false,
      params: OneUpload,
      reply: Upload,
      errors: ['UPLOAD_UNKNOWN'],
      handle: async ({ principal, params }) => await show(parts, await find(parts, principal, params.uploadId)),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/uploads/:uploadId/content',
      summary: 'Load one of your files, with a key. Browsers load files by a link.',
      who: { permission: 'uploads:files:read' },
      limit: 'read',
      sensitive: false,
      params: OneUpload,
      reply: Type.Unsafe<Readable>({}),
      replyType: 'application/octet-stream',
      errors: ['UPLOAD_UNKNOWN', 'UPLOAD_NOT_THERE', 'UPLOAD_BY_LINK_ONLY'],
      async handle({ principal, params }) {
        // On the host of sessions no file is opened, whatever it is.
        if (principal.kind === 'user') throw refuse('UPLOAD_BY_LINK_ONLY')
        const row = await findThere(parts, principal, params.uploadId)
        const headers = fileHeaders(await openMeta(parts, row), row)
        parts.context.recorder.note(
          event('file.loaded', { ...about(row), actor: actorOf(principal), data: { upload: row.id, by: 'key' } }),
        )
        return new Reply(200, Readable.from(readFrames(parts, row)), headers)
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/uploads/:uploadId/links',
      summary: 'Make a link by which one of your files can be loaded for a short time, by whoever has it.',
      who: { permission: 'uploads:files:read' },
      limit: 'write',
      sensitive: false,
      params: OneUpload,
      reply: DownloadLink,
      errors: ['UPLOAD_UNKNOWN', 'UPLOAD_NOT_THERE', 'UPLOAD_LINKS_OFF'],
      handle: async ({ principal, params }) => new Reply(201, await makeLink(parts, principal, params.uploadId)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/uploads/:uploadId',
      summary: 'Delete one of your files.',
      who: { permission: 'uploads:files:write' },
      limit: 'write',
      sensitive: false,
      params: OneUpload,
      reply: Type.Null(),
      errors: ['UPLOAD_UNKNOWN'],
      async handle({ principal, params }) {
        await remove(parts, principal, await find(parts, principal, params.uploadId))
        return null
      },
    }),
  ]
}
