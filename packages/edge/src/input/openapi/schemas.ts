import { canonicalJson } from '@custodia/wire/canonical-json.ts'
import type { ErrorObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describeError } from '../describe-error.ts'
import type { Unfit } from '../unfit.ts'
import type { OpenApiDocument } from './document.ts'
import { entriesOf, OpenApiUnusable, partOf } from './document.ts'
import type { Direction } from './json-schema.ts'
import { documentId, jsonSchema } from './json-schema.ts'

/** Holds one value to its schema. @param root how the value is named where it does not fit, as in `body`. */
export type SchemaCheck = (value: unknown, root: string) => Unfit | null

/** Compiles the schemas of one document, once each, for one direction. */
export class Schemas {
  readonly #document: OpenApiDocument
  readonly #direction: Direction
  readonly #ajv: Ajv2020
  readonly #known = new Map<unknown, SchemaCheck>()

  constructor(document: OpenApiDocument, direction: Direction) {
    this.#document = document
    this.#direction = direction
    this.#ajv = new Ajv2020({
      strict: false,
      allErrors: false,
      validateSchema: true,
      logger: false,
      multipleOfPrecision: 9,
    })
    addFormats.default(this.#ajv)
    // Ajv compares each with each: a list of a stranger's could keep it busy for minutes.
    this.#ajv.addKeyword({
      keyword: 'distinct',
      type: 'array',
      validate: (_: unknown, list: unknown[]) =>
        new Set(list.map((one) => canonicalJson(one as never))).size === list.length,
      error: { message: 'must not have the same item twice' },
    })
    const components = document.root.components
    const schemas = components === undefined ? undefined : partOf(components, 'components').schemas
    const $defs = Object.fromEntries(
      entriesOf(schemas, 'components.schemas').map(([name, schema]) => [
        name,
        jsonSchema(document, schema, `components.schemas.${name}`, direction),
      ]),
    )
    this.#ajv.addSchema({ $id: documentId, $defs })
  }

  /** @throws OpenApiUnusable */
  check(schema: unknown, where: string): SchemaCheck {
    const known = this.#known.get(schema)
    if (known !== undefined) return known
    const made = this.#compile(jsonSchema(this.#document, schema, where, this.#direction), where)
    this.#known.set(schema, made)
    return made
  }

  #compile(schema: unknown, where: string): SchemaCheck {
    try {
      const validate = this.#ajv.compile(schema as object | boolean)
      return (value, root) =>
        validate(value) ? null : describeError(root, (validate.errors as ErrorObject[])[0] as ErrorObject)
    } catch (error) {
      throw new OpenApiUnusable(where, `is no schema: ${(error as Error).message.slice(0, 300)}`)
    }
  }
}
