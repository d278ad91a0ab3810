import type { KeptUpload } from '@custodia/wire/http/uploads.ts'
import { useInfiniteQuery, useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { told } from '../access/told.ts'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { ConfirmDelete } from '../parts/confirm-delete.tsx'
import { Select } from '../parts/field.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { uploadTexts } from '../texts-of-uploads.ts'
import type { UploadFilter } from './queries.ts'
import { allUploads, uploadPath, uploadsQuery } from './queries.ts'

const tones = { received: 'plain', 'looked-at': 'warn', there: 'good', refused: 'bad' } as const
const nameOf = ({ name }: KeptUpload) => name ?? uploadTexts.unnamed

/** Which files there are, what is held back, and why? */
export function UploadsPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const [filter, setFilter] = useState<UploadFilter | 'all'>('all')
  const list = useInfiniteQuery(uploadsQuery(filter === 'all' ? null : filter))
  const [erasing, erase] = useState<KeptUpload | null>(null)
  const items = list.data?.pages.flatMap((page) => page.items)
  const mayWrite = me.permissions.includes('uploads:organisation:write')
  return (
    <Page
      title={uploadTexts.title}
      answer={items && (items.length === 0 ? uploadTexts.none : uploadTexts.some(items.length, list.hasNextPage))}
      note={uploadTexts.note}
    >
      <Section title={uploadTexts.list}>
        <div className="space-y-4">
          <div className="max-w-60">
            <Select
              label={uploadTexts.only}
              value={filter}
              onChange={(event) => setFilter(event.target.value as UploadFilter | 'all')}
            >
              {Object.entries(uploadTexts.filters).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          </div>
          {list.isPending && <Waiting rows={4} />}
          {list.error !== null && <ProblemNotice problem={problemOf(list.error)} retry={() => void list.refetch()} />}
          {items?.length === 0 && <Empty title={uploadTexts.empty}>{uploadTexts.emptyWhat}</Empty>}
          {items !== undefined && items.length > 0 && (
            <div>
              <ul aria-label={uploadTexts.list} className="divide-y divide-line rounded-lg border border-line">
                {items.map((upload) => (
                  <Line key={upload.id} upload={upload} mayWrite={mayWrite} onErase={() => erase(upload)} />
                ))}
              </ul>
              <LoadMore list={list} shown={items.length} />
            </div>
          )}
        </div>
      </Section>
      {erasing !== null && (
        <ConfirmDelete
          path={uploadPath(erasing.id)}
          changed={allUploads.queryKey}
          title={uploadTexts.eraseTitle(nameOf(erasing))}
          verb={uploadTexts.erase}
          onClose={() => erase(null)}
        >
          {uploadTexts.eraseWhat}
        </ConfirmDelete>
      )}
    </Page>
  )
}

function Line({ upload, mayWrite, onErase }: { upload: KeptUpload; mayWrite: boolean; onErase: () => void }) {
  const { state, reason, owner, subjectId, mediaType, nextTryAt } = upload
  return (
    <li className="flex flex-wrap items-start justify-between gap-3 px-4 py-3">
      <div className="min-w-0 grow basis-64">
        <p className="flex flex-wrap items-center gap-2">
          <bdi className="font-medium break-all">{nameOf(upload)}</bdi>
          <Badge tone={tones[state]}>{uploadTexts.states[state]}</Badge>
          {upload.flags.map((flag) => (
            <Badge key={flag} tone="warn">
              {uploadTexts.flags[flag as keyof typeof uploadTexts.flags] ?? flag}
            </Badge>
          ))}
        </p>
        {reason !== null && <p className="mt-0.5 text-[13px]">{uploadTexts.reasons[reason] ?? reason}</p>}
        <p className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] text-muted">
          <span>{uploadTexts.size(upload.sizeBytes)}</span>
          {mediaType !== null && <span className="font-mono text-[12.5px] break-all">{mediaType}</span>}
          <span className="break-all">{uploadTexts.from(uploadTexts.kinds[owner.kind], owner.id)}</span>
          {subjectId !== null && (
            <span className="break-all">
              {uploadTexts.about} {subjectId}
            </span>
          )}
          <Moment at={upload.createdAt} />
          {nextTryAt !== null && (
            <span>
              {uploadTexts.nextTry} <Moment at={nextTryAt} />
            </span>
          )}
          <span>
            {uploadTexts.expires} <Moment at={upload.expiresAt} />
          </span>
        </p>
      </div>
      {mayWrite && (
        <div className="flex flex-wrap gap-2">
          {nextTryAt !== null && <ScanNow upload={upload} />}
          <Button size="small" look="grave" aria-label={uploadTexts.eraseLabel(nameOf(upload))} onClick={onErase}>
            {uploadTexts.erase}
          </Button>
        </div>
      )}
    </li>
  )
}

/** The only way out of quarantine: nobody lets a file out by a word. */
function ScanNow({ upload }: { upload: KeptUpload }) {
  const queryClient = useQueryClient()
  const scan = useMutation({
    mutationFn: () => request('POST', `${uploadPath(upload.id)}/scan`),
    onSettled: () => queryClient.invalidateQueries(allUploads),
  })
  const problem = told(scan.error)
  return (
    <div className="space-y-2">
      <Button
        size="small"
        busy={scan.isPending}
        aria-label={uploadTexts.scanLabel(nameOf(upload))}
        onClick={() => scan.mutate()}
      >
        {uploadTexts.scan}
      </Button>
      {scan.isSuccess && <Notice kind="good" title={uploadTexts.scanned} />}
      {problem !== null && <ProblemNotice problem={problem} />}
    </div>
  )
}
