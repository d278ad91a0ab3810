import { shapes } from './shapes.ts'

/** Which organisation a command is about. */
export const organisation = {
  value: 'ORGANISATION',
  summary: 'Which one, where there are several: “custodia organisations list”.',
  shape: shapes.organisation,
}

/** Where a list goes on. */
export const after = { value: 'PLACE', summary: 'Go on where the page before ended.', shape: shapes.cursor }

/** Why: it is kept with what is done. */
export const reason = { value: 'TEXT', summary: 'Why. It is kept, sealed.', shape: shapes.reason }
