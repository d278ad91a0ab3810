import { closed, Id } from '@custodia/wire/http/common.ts'
import { KeptUpload, KeptUploads, UploadQuery } from '@custodia/wire/http/uploads.ts'
import { Type } from 'typebox'
import type { Route } from '../platform/http/route.ts'
import { defineRoute, Reply } from '../platform/http/route.ts'
import { remove } from './delete.ts'
import { listOfOrganisation, showKept } from './list.ts'
import type { Parts } from './parts.ts'
import type { Quarantine } from './quarantine.ts'
import { scanAgain } from './scan-again.ts'
import { findInOrganisation } from './show.ts'

const OneUpload = Type.Object({ uploadId: Id('upl') }, closed)
const path = '/v1/organisation/uploads'

/** For whoever looks after the files of an organisation: what there is, and never what is in it. */
export function organisationRoutes(parts: Parts, quarantine: Quarantine): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path,
      summary: 'List the files of the organisation, with what is held back and why.',
      who: { permission: 'uploads:organisation:read' },
      limit: 'read',
      sensitive: false,
      query: UploadQuery,
      reply: KeptUploads,
      errors: ['UPLOAD_CURSOR_INVALID'],
      handle: async ({ principal, query }) => await listOfOrganisation(parts, principal.organisationId, query),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/:uploadId/scan`,
      summary: 'Have a file in quarantine looked at and scanned now, instead of at its next try.',
      who: { permission: 'uploads:organisation:write' },
      limit: 'write',
      sensitive: false,
      params: OneUpload,
      reply: KeptUpload,
      errors: ['UPLOAD_UNKNOWN', 'UPLOAD_DECIDED'],
      async handle({ principal, params }) {
        const row = await findInOrganisation(parts, principal, params.uploadId)
        await scanAgain(parts, principal, row)
        quarantine.soon()
        return new Reply(202, await showKept(parts, await findInOrganisation(parts, principal, row.id)))
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${path}/:uploadId`,
      summary: 'Delete a file of the organisation, whosever it is.',
      who: { permission: 'uploads:organisation:write' },
      limit: 'write',
      sensitive: false,
      params: OneUpload,
      reply: Type.Null(),
      errors: ['UPLOAD_UNKNOWN'],
      async handle({ principal, params }) {
        await remove(parts, principal, await findInOrganisation(parts, principal, params.uploadId))
        return null
      },
    }),
  ]
}
