import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const upload = Type.String()
const nullable = Type.Union([Type.String(), Type.Null()])

export const events = {
  'file.received': {
    summary: 'A file arrived whole, and is in quarantine.',
    data: Type.Object({ upload, sizeBytes: Type.Integer() }),
    personal: Type.Object({ name: Type.String() }),
  },
  'file.accepted': {
    summary: 'A file was looked at and scanned, and may be read.',
    data: Type.Object({
      upload,
      mediaType: Type.String(),
      flags: Type.Array(Type.String()),
      /** Whether a scanner said so, or none is used. */
      scanned: Type.Boolean(),
    }),
  },
  'file.refused': {
    summary: 'A file was refused, and its content deleted.',
    /** `signature`: what the scanner found; null for any other reason. */
    data: Type.Object({ upload, reason: Type.String(), signature: nullable }),
  },
  'file.scan-asked': {
    summary: 'Somebody asked to have a file in quarantine scanned now.',
    data: Type.Object({ upload }),
  },
  'file.deleted': { summary: 'A file was deleted.', data: Type.Object({ upload }) },
  'files.expired': { summary: 'Files whose time was over were deleted.', data: Type.Object({ files: Type.Integer() }) },
  'link.made': {
    summary: 'A link was made by which a file can be loaded for a while.',
    data: Type.Object({ upload, expiresAt: Type.String() }),
  },
  'file.loaded': { summary: 'A file was loaded.', data: Type.Object({ upload, by: Type.String() }) },
} as const

export const event = eventMaker('uploads', events)
