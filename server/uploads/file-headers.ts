import { downloadHeaders } from '@custodia/edge/uploads/download-headers.ts'
import type { Meta } from './meta.ts'
import type { UploadRow } from './store.ts'

export const fileHeaders = ({ name, mediaType }: Meta, { size_bytes: sizeBytes }: UploadRow): Record<string, string> =>
  downloadHeaders({ name, mediaType, sizeBytes: Number(sizeBytes) })
