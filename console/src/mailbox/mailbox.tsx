import type { KeptMail } from '@custodia/wire/http/mail.ts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { problemOf } from '../api/problem.ts'
import { mailboxQuery } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { ChevronIcon, RefreshIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { mailboxTexts } from '../texts-of-mailbox.ts'
import { piecesOf } from './links.ts'

const route = getRouteApi('/inside/mailbox')

/** What would have been sent, where nothing is: newest first, each mail as plain text. */
export function MailboxPage() {
  const { open } = route.useSearch()
  const navigate = route.useNavigate()
  const mailbox = useQuery(mailboxQuery)
  const items = mailbox.data?.items
  return (
    <Page
      title={mailboxTexts.title}
      answer={items && mailboxTexts.answer(items.length)}
      note={mailboxTexts.note}
      actions={
        <Button busy={mailbox.isFetching} onClick={() => void mailbox.refetch()}>
          <RefreshIcon />
          {mailboxTexts.refresh}
        </Button>
      }
    >
      <Section title={mailboxTexts.list}>
        {mailbox.isPending && <Waiting rows={4} />}
        {mailbox.error !== null && (
          <ProblemNotice problem={problemOf(mailbox.error)} retry={() => void mailbox.refetch()} />
        )}
        {items?.length === 0 && <Empty title={mailboxTexts.none}>{mailboxTexts.noneHelp}</Empty>}
        {items !== undefined && items.length > 0 && (
          <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
            {items.map((mail) => (
              <Mail
                key={mail.id}
                mail={mail}
                open={mail.id === open}
                onToggle={() =>
                  void navigate({
                    search: mail.id === open ? {} : { open: mail.id },
                    replace: true,
                    resetScroll: false,
                  })
                }
              />
            ))}
          </ul>
        )}
      </Section>
    </Page>
  )
}

/** A text message has no subject: its first line says what it is. */
const titleOf = ({ channel, subject, text }: KeptMail): string =>
  channel === 'text' ? (text.split('\n')[0] ?? '') : subject

/** One mail or text message: a line, and when opened its text. */
function Mail({ mail, open, onToggle }: { mail: KeptMail; open: boolean; onToggle: () => void }) {
  const textId = `mail-${mail.id}`
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={textId}
        onClick={onToggle}
        className={`grid w-full grid-cols-[16px_minmax(0,1fr)_auto] items-baseline gap-x-3 px-4 py-2.5 text-left hover:bg-hover ${open ? 'bg-hover' : ''}`}
      >
        <ChevronIcon
          className={`self-center text-faint transition-transform duration-100 ${open ? 'rotate-90' : ''}`}
        />
        <span className="min-w-0">
          <span className={`block font-medium ${open ? 'break-words' : 'truncate'}`}>{titleOf(mail)}</span>
          <span className={`block text-[13px] text-muted ${open ? 'break-all' : 'truncate'}`}>
            {mail.channel === 'text' ? mailboxTexts.textTo : mailboxTexts.to} {mail.to}
          </span>
        </span>
        <span className="text-right text-[13px] whitespace-nowrap text-muted">
          <Moment at={mail.createdAt} className="block" />
          <span className="block font-mono text-[12px]">{mail.kind}</span>
        </span>
      </button>
      {open && (
        <p
          id={textId}
          className="border-t border-line bg-sunken px-4 py-5 break-words whitespace-pre-wrap sm:pr-6 sm:pl-11"
        >
          {piecesOf(mail.text, location.origin).map(({ text, href }, index) =>
            href === null ? (
              text
            ) : (
              <a
                // biome-ignore lint/suspicious/noArrayIndexKey: a mail never changes
                key={index}
                href={href}
                className="break-all font-medium text-link underline-offset-2 hover:underline"
              >
                {text}
              </a>
            ),
          )}
        </p>
      )}
    </li>
  )
}
