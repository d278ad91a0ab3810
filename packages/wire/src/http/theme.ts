import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Base64Url, closed } from './common.ts'

/**
 * What pages call an organisation: 1 to 60 characters that can be seen, with single or several spaces between them. Nothing that changes
 * the direction of the text around it or hides in it; the joiners of Indic and Persian scripts and of emoji may stand inside.
 */
export const DisplayName = Type.String({
  minLength: 1,
  maxLength: 60,
  pattern: '^[^\\p{C}\\p{Z}](?:(?:[^\\p{C}\\p{Z}]|[\\u200c\\u200d]|\\p{Zs})*[^\\p{C}\\p{Z}])?$',
})

/** sRGB, as in `#1f6feb`. */
export const Accent = Type.String({ pattern: '^#[0-9a-f]{6}$' })

/** `GET /v1/theme?organisation=`: how the pages look for whoever asks. Null where nothing was set: as Custodia looks. */
export const Theme = Type.Object({
  name: Type.Union([DisplayName, Type.Null()]),
  accent: Type.Union([Accent, Type.Null()]),
  logo: Type.Union([
    Type.Object({
      /** Where it is on this host. Another picture has another address. */
      path: Type.String(),
      /** Pixels. */
      width: Type.Integer(),
      height: Type.Integer(),
    }),
    Type.Null(),
  ]),
})
export type Theme = Static<typeof Theme>

/** A picture of up to 65,536 bytes and 512 by 512 pixels. */
export const LogoUpload = Type.Object(
  {
    type: Type.Union([Type.Literal('image/png'), Type.Literal('image/jpeg'), Type.Literal('image/webp')]),
    data: Base64Url(87_382),
  },
  closed,
)
export type LogoUpload = Static<typeof LogoUpload>

/** `PATCH /v1/theme`: needs `identity:theme:write`. What is left out stays, what is null goes back to how Custodia looks. */
export const ThemeChange = Type.Object(
  {
    name: Type.Optional(Type.Union([DisplayName, Type.Null()])),
    accent: Type.Optional(Type.Union([Accent, Type.Null()])),
    logo: Type.Optional(Type.Union([LogoUpload, Type.Null()])),
  },
  closed,
)
export type ThemeChange = Static<typeof ThemeChange>
