import { ReviewOpen } from '@custodia/wire/http/access.ts'
import { printableField } from '@custodia/wire/printable.ts'
import { checked } from './command-line.ts'
import { minute, table } from './command-output.ts'
import type { GrantCommand } from './grant-command.ts'
import { listed, momentOf, pageOf } from './grant-command.ts'

/** `custodia approvals …` and `custodia reviews …`: to agree, and to keep or remove, somebody must be somebody; that is done in the console. */
export const reviewCommands: Readonly<Record<string, GrantCommand>> = {
  async 'approvals list'({ grants }, _words, options) {
    const { waiting = false } = options
    const page = await grants.approvals({ ...pageOf(options), ...(waiting ? { waiting } : {}) })
    if (page.items.length === 0) return { value: page, text: 'No second administrator was asked for anything.' }
    const rows = page.items.map((one) => [
      one.id,
      one.outcome ?? 'not decided',
      one.kind,
      one.subject ?? '-',
      one.target,
      one.askedBy,
      minute(one.expiresAt),
      one.reason,
    ])
    const titles = ['APPROVAL-ID', 'OUTCOME', 'KIND', 'WHO GAINS', 'WHAT', 'ASKED BY', 'WAITS UNTIL', 'REASON']
    return listed('approvals list', page, table(titles, rows))
  },

  async 'reviews list'({ grants }, _words, options) {
    const page = await grants.reviews(pageOf(options))
    if (page.items.length === 0) return { value: page, text: 'There are no reviews.' }
    const rows = page.items.map((one) => [
      one.id,
      minute(one.dueAt),
      minute(one.closedAt, 'no'),
      one.undecided,
      one.name,
    ])
    return listed('reviews list', page, table(['REVIEW-ID', 'DUE', 'CLOSED', 'UNDECIDED', 'NAME'], rows))
  },

  async 'reviews show'({ grants }, [id = ''], options) {
    const page = await grants.review(id, pageOf(options))
    const { name, dueAt, closedAt, undecided } = page.review
    const ended = closedAt === null ? `due ${minute(dueAt)}` : `closed ${minute(closedAt)}`
    const rows = page.items.map((one) => [
      one.subject,
      one.kind,
      one.target,
      one.decision ?? 'not decided',
      one.decidedBy ?? '-',
      one.outcome ?? '-',
    ])
    const lines = table(['SUBJECT', 'KIND', 'WHAT', 'DECISION', 'BY', 'OUTCOME'], rows)
    const head = `${printableField(name)}: ${ended}. What nobody decides is ${undecided === 'keep' ? 'kept' : 'removed'}.`
    return listed(`reviews show ${id}`, page, `${head}\n${lines}`)
  },

  async 'reviews open'({ grants }, [name = ''], { until, undecided = 'keep', role, group }) {
    if (until === undefined) throw new Error('Until when? As in: --until 2031-12-24')
    const scope = { ...(role === undefined ? {} : { role }), ...(group === undefined ? {} : { group }) }
    const body = { name, dueAt: momentOf(until, '--until'), undecided, ...scope }
    const review = await grants.openReview(checked(ReviewOpen, body))
    const text = `${review.id} is open until ${minute(review.dueAt)}. Reviewers decide in the console, under Access.`
    return { value: { review }, text }
  },
}
