import { readFile } from 'node:fs/promises'
import { allowInput } from '@custodia/edge/input/allow.ts'
import type { CompiledOpenApi } from '@custodia/edge/input/openapi/compile.ts'
import { compileOpenApi } from '@custodia/edge/input/openapi/compile.ts'
import type { BodyPlan, Operation } from '@custodia/edge/input/openapi/operation.ts'
import type { Unfit } from '@custodia/edge/input/unfit.ts'
import { refuseRequest } from '../../platform/http/errors.ts'
import type { BodyProof, RequestHead } from '../../platform/http/ports.ts'
import type { Application } from '../applications.ts'
import { refuse } from '../errors.ts'
import type { InputEdge } from './input-config.ts'

const maxDocumentBytes = 5_242_880

/** A request whose head the document allows, and what is to be done with its body. */
export type AllowedInput = { readonly operation: Operation; readonly body: BodyPlan }

/** Holds the requests to one application to its OpenAPI document. */
export class InputDefence {
  readonly settings: InputEdge
  readonly #document: CompiledOpenApi

  constructor(settings: InputEdge, document: CompiledOpenApi) {
    this.settings = settings
    this.#document = document
  }

  /**
   * @param path decoded, in its canonical form.
   * @returns null where the document does not speak of the path.
   * @throws Refusal GATEWAY_OPERATION_UNKNOWN, METHOD_NOT_ALLOWED, REQUEST_INVALID, MEDIA_TYPE_UNSUPPORTED.
   */
  allow(head: RequestHead, path: string): AllowedInput | null {
    const document = { compiled: this.#document, under: this.settings.under }
    const said = allowInput(document, { method: head.method, target: head.url, headers: head.headers }, path)
    if (said.kind === 'silent') return null
    if (said.kind === 'unknown') throw refuse('GATEWAY_OPERATION_UNKNOWN')
    if (said.kind === 'method') throw refuseRequest('METHOD_NOT_ALLOWED', { allowed: said.allowed })
    if (said.kind === 'media-type') throw refuseRequest('MEDIA_TYPE_UNSUPPORTED', { field: said.unfit.field })
    if (said.kind === 'unfit') throw invalid(said.unfit)
    return said
  }
}

/**
 * What must hold once a whole body is there: what the credential says of it, then what the document does.
 *
 * @returns null where nobody has to see the body.
 */
export function proofOf(proof: BodyProof | null, input: AllowedInput | null): BodyProof | null {
  const plan = input?.body
  if (plan?.act !== 'check') return proof
  let came = false
  return {
    hold(bytes) {
      came = true
      proof?.hold(bytes)
      const unfit = plan.check(bytes)
      if (unfit !== null) throw invalid(unfit)
    },
    end() {
      if (!came && plan.required) throw invalid({ field: 'body', detail: 'is missing' })
      return proof?.end()
    },
  }
}

/** Reads and compiles the document of each application that has one, by the application's name. @throws Error in words. */
export async function openInputs(applications: readonly Application[]): Promise<ReadonlyMap<string, InputDefence>> {
  const inputs = new Map<string, InputDefence>()
  for (const { name, edge } of applications)
    if (edge.input !== null) inputs.set(name, await openInput(edge.input, `gateway.applications.${name}.edge.input`))
  return inputs
}

async function openInput(settings: InputEdge, where: string): Promise<InputDefence> {
  const { openapi, replies, unknownQuery } = settings
  try {
    const text = await readFile(openapi, 'utf8')
    if (text.length > maxDocumentBytes) throw new Error(`is longer than ${maxDocumentBytes} characters`)
    const { parse } = await import('yaml')
    const document: unknown = parse(text, { uniqueKeys: true, maxAliasCount: 100 })
    return new InputDefence(settings, compileOpenApi(document, { replies: replies !== 'off', unknownQuery }))
  } catch (error) {
    throw new Error(`${where}: ${openapi}: ${(error as Error).message}`)
  }
}

const invalid = ({ field, detail }: Unfit) => refuseRequest('REQUEST_INVALID', { field, detail })
