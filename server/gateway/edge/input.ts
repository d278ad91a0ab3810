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
import type { UnfitReason, Unfitting } from './unfit-log.ts'

const maxDocumentBytes = 5_242_880

/** A request whose head the document allows, and what is to be done with its body. */
export type AllowedInput = {
  readonly operation: Operation
  readonly body: BodyPlan
  /** Told where the body, or the reply, turns out not to fit. */
  unfit(reason: 'body' | 'reply'): void
}

type Told = (reason: UnfitReason, operation: string | null) => void

/** Holds the requests to one application to its OpenAPI document. */
export class InputDefence {
  readonly settings: InputEdge
  readonly #document: CompiledOpenApi
  readonly #told: Told

  /** @param told of each request and reply that does not fit. */
  constructor(settings: InputEdge, document: CompiledOpenApi, told: Told) {
    this.settings = settings
    this.#document = document
    this.#told = told
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
    if (said.kind === 'allowed') {
      const { operation, body } = said
      return { operation, body, unfit: (reason) => this.#told(reason, operation.name) }
    }
    this.#told(said.kind, 'operation' in said ? (said.operation?.name ?? null) : null)
    if (said.kind === 'unknown') throw refuse('GATEWAY_OPERATION_UNKNOWN')
    if (said.kind === 'method') throw refuseRequest('METHOD_NOT_ALLOWED', { allowed: said.allowed })
    if (said.kind === 'media-type') throw refuseRequest('MEDIA_TYPE_UNSUPPORTED', { field: said.unfit.field })
    throw invalid(said.unfit)
  }
}

/**
 * What must hold once a whole body is there: what the credential says of it, then what the document does.
 *
 * @returns null where nobody has to see the body.
 */
export function proofOf(proof: BodyProof | null, input: AllowedInput | null): BodyProof | null {
  const plan = input?.body
  if (input === null || plan?.act !== 'check') return proof
  const refused = (unfit: Unfit) => {
    input.unfit('body')
    return invalid(unfit)
  }
  let came = false
  return {
    hold(bytes) {
      came = true
      proof?.hold(bytes)
      const unfit = plan.check(bytes)
      if (unfit !== null) throw refused(unfit)
    },
    end() {
      if (!came && plan.required) throw refused({ field: 'body', detail: 'is missing' })
      return proof?.end()
    },
  }
}

/**
 * Reads and compiles the document of each application that has one, by the application's name.
 *
 * @param told of each request and reply that does not fit.
 * @throws Error in words.
 */
export async function openInputs(
  applications: readonly Application[],
  told: (unfit: Unfitting) => void = () => {},
): Promise<ReadonlyMap<string, InputDefence>> {
  const inputs = new Map<string, InputDefence>()
  for (const { name, edge } of applications)
    if (edge.input !== null)
      inputs.set(
        name,
        await openInput(edge.input, name, (reason, operation) => told({ application: name, operation, reason })),
      )
  return inputs
}

async function openInput(settings: InputEdge, name: string, told: Told): Promise<InputDefence> {
  const { openapi, replies, unknownQuery } = settings
  try {
    const text = await readFile(openapi, 'utf8')
    if (text.length > maxDocumentBytes) throw new Error(`is longer than ${maxDocumentBytes} characters`)
    const { parse } = await import('yaml')
    const document: unknown = parse(text, { uniqueKeys: true, maxAliasCount: 100 })
    return new InputDefence(settings, compileOpenApi(document, { replies: replies !== 'off', unknownQuery }), told)
  } catch (error) {
    throw new Error(`gateway.applications.${name}.edge.input: ${openapi}: ${(error as Error).message}`)
  }
}

const invalid = ({ field, detail }: Unfit) => refuseRequest('REQUEST_INVALID', { field, detail })
