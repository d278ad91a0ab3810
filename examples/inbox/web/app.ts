import type { Custodia } from '@custodia/sdk'
import { isCustodiaError } from '@custodia/sdk'
import { custodiaFastify } from '@custodia/sdk/fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastify from 'fastify'
import { createReach } from '../sharing/reach.ts'
import { createSharing } from '../sharing/share.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { assetRoutes } from './assets.ts'
import { attachmentRoutes } from './attachment-routes.ts'
import { pageHeaders, sameOriginOnly } from './browser-rules.ts'
import { importRoutes } from './import-routes.ts'
import { labelRoutes } from './label-routes.ts'
import { messageRoutes } from './message-routes.ts'
import { placeRoutes } from './place-routes.ts'
import { Refusal } from './refusal.ts'
import { refusalPage } from './refusal-page.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call this route. One without it is closed. */
    permission?: `inbox:${'read' | 'write' | 'import'}`
  }
}

export type AppParts = {
  readonly custodia: Pick<Custodia, 'identify' | 'access' | 'uploads'>
  readonly mailbox: Mailbox
  /** `org_…`: whose mailbox this is. People of another organisation are refused, whatever their roles. */
  readonly organisationId: string
  /** Origin of Custodia's own pages, where signing out leads. */
  readonly custodiaOrigin: string
  /** Told what nobody foresaw. Its message may hold anything: log where only operators read. */
  readonly onFault: (error: unknown) => void
}

/** The web server. Everything that a person wrote and that we store is opened here, for the one who asks. */
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: 4096,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 64 },
    forceCloseConnections: true,
  })
  acceptFormsOnly(app)
  const headers = pageHeaders(parts.custodiaOrigin)
  app.addHook('onRequest', async (_, reply) => void reply.headers(headers))
  await app.register(custodiaFastify, { custodia: parts.custodia })
  app.addHook('onRequest', async (request) => {
    admit(request, parts.organisationId)
    sameOriginOnly(request)
  })
  app.setNotFoundHandler(() => {
    throw new Refusal(404)
  })
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, parts.onFault))
  assetRoutes(app)
  const { mailbox, custodia } = parts
  const reach = createReach({ access: custodia.access, mailbox })
  messageRoutes(app, { mailbox, reach, uploads: custodia.uploads })
  attachmentRoutes(app, { mailbox, reach, uploads: custodia.uploads })
  labelRoutes(app, mailbox, reach)
  placeRoutes(app, mailbox, reach, createSharing({ access: custodia.access, mailbox, reach }))
  importRoutes(app, mailbox, reach)
  return app
}

/** The gateway has asked the same. Asking again costs nothing, and holds where its rules are wrong. */
function admit(request: FastifyRequest, organisationId: string): void {
  const { permission } = request.routeOptions.config
  if (request.identity.organisationId !== organisationId) throw new Refusal(403)
  if (request.is404) return
  if (permission === undefined || !request.identity.permissions.includes(permission)) throw new Refusal(403)
}

function acceptFormsOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) => {
    done(null, new URLSearchParams(body as string))
  })
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, onFault: AppParts['onFault']) {
  const status = statusOf(error)
  if (status >= 500) onFault(error)
  const about = error instanceof Refusal ? error.about : null
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(refusalPage(status, request.identity, about))
}

function statusOf(error: unknown): number {
  if (error instanceof Refusal || isCustodiaError(error)) return error.status
  const { statusCode } = error as { statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : 500
}
