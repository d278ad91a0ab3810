import { refuser } from '../platform/errors.ts'

export const errors = {
  UPLOAD_SCANNER_UNSET: {
    status: 503,
    title: 'This installation takes no files yet: nothing scans them.',
    help: 'Set CUSTODIA_UPLOADS_CLAMD to the address of clamd, or CUSTODIA_UPLOADS_SCANNER=off to take files that nobody scanned.',
  },
  UPLOAD_NAME_MISSING: {
    status: 422,
    title: 'The file has no name that can be kept.',
    help: "Send it as Content-Disposition: attachment; filename*=UTF-8''…, with an ending that says what it is.",
  },
  UPLOAD_EXISTS: {
    status: 409,
    title: 'There is a file with this identifier already.',
    help: 'Ask what became of it before you send it again; a new file needs a new identifier.',
  },
  UPLOAD_QUOTA_REACHED: {
    status: 409,
    title: 'There is no room for this file.',
    help: 'Delete files that are not needed; the limit that was reached is named.',
  },
  UPLOAD_BUSY: {
    status: 429,
    title: 'Too many files are under way at once.',
    help: 'Wait until one of them has arrived.',
  },
  UPLOAD_SUBJECT_NOT_YOURS: {
    status: 403,
    title: 'You may send files for yourself alone.',
    help: 'Leave out for whom it is; applications may say it.',
  },
  UPLOAD_UNKNOWN: {
    status: 404,
    title: 'There is no such file.',
    help: 'Check the identifier. Files of others, and those that were deleted or have expired, are unknown, too.',
  },
  UPLOAD_CURSOR_INVALID: {
    status: 400,
    title: 'The cursor is not one that this list gave.',
    help: 'Begin again without a cursor.',
  },
  UPLOAD_DECIDED: {
    status: 409,
    title: 'It was decided on this file already.',
    help: 'Only what is in quarantine is scanned again. What was refused is gone; whoever sent it may send it once more.',
  },
  UPLOAD_NOT_THERE: {
    status: 409,
    title: 'The file may not be read.',
    help: 'Its state says why: it is still in quarantine, or it was refused.',
  },
  UPLOAD_BY_LINK_ONLY: {
    status: 403,
    title: 'Files are not read from this address by a browser.',
    help: 'Ask for a link; it leads to the host that has nothing but files.',
  },
  UPLOAD_LINKS_OFF: {
    status: 503,
    title: 'This installation has no host to load files from.',
    help: 'Set CUSTODIA_UPLOADS_HOST to a name of its own that leads here, as in files.custodia.localhost.',
  },
  UPLOAD_LINK_INVALID: {
    status: 404,
    title: 'The link does not hold.',
    help: 'Links work for a short time; ask for a new one where you found it.',
  },
} as const

export const refuse = refuser(errors)
