-- Files that were sent. A row is there before the first byte, so that what is under way counts, too.
create table uploads.upload (
  id text primary key,
  organisation_id text not null,
  -- Who may read it: an application, a person, a service account.
  owner_kind text not null check (owner_kind in ('application', 'user', 'service')),
  owner_id text not null,
  -- Whose data it is: sealed under their key. Null seals under the organisation's.
  subject_id text,
  state text not null check (state in ('receiving', 'received', 'looked-at', 'there', 'refused')),
  -- While it is received: the most that it may become.
  size_bytes bigint not null check (size_bytes >= 0),
  -- Name, type, flags and hash, sealed.
  meta_sealed bytea not null check (octet_length(meta_sealed) <= 8192),
  reason text,
  -- Which of the frames are its content, and how many: an image that was made anew takes the place of what was sent.
  version smallint not null,
  frames integer not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- While somebody has to look at it. A claim moves it ahead, so that a process that ends takes nothing with it.
  next_try_at timestamptz,
  -- Claims that nobody ended since.
  tries smallint not null default 0,
  check ((state in ('received', 'looked-at')) = (next_try_at is not null)),
  check ((state = 'refused') = (reason is not null))
);
create index upload_due on uploads.upload (next_try_at) where next_try_at is not null;
-- For the quota.
create index upload_owner on uploads.upload (organisation_id, owner_kind, owner_id);
-- For the quota, the export and the erasure.
create index upload_subject on uploads.upload (organisation_id, subject_id, created_at) where subject_id is not null;
-- For the sweep.
create index upload_expires on uploads.upload (expires_at);
create index upload_receiving on uploads.upload (created_at) where state = 'receiving';

-- The content in pieces of 256 KiB, each sealed for its place: its number, and whether it is the last.
create table uploads.frame (
  upload_id text not null references uploads.upload on delete cascade,
  version smallint not null,
  number integer not null,
  sealed bytea not null check (octet_length(sealed) <= 262400),
  primary key (upload_id, version, number)
);
-- What is sealed does not get smaller.
alter table uploads.frame alter column sealed set storage external;

grant select, insert, delete on uploads.upload, uploads.frame to custodia_app;
-- Whose it is can't be changed afterwards.
grant update (state, size_bytes, meta_sealed, reason, version, frames, next_try_at, tries, expires_at) on uploads.upload to custodia_app;
