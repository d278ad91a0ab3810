import { Cursor } from '@custodia/wire/http/common.ts'
import { Type } from 'typebox'

/** What every list takes. */
export const paging = {
  cursor: Type.Optional(Cursor),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
}
