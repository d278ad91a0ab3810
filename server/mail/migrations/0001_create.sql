-- The outbox. A row is written in the transaction of what it tells about, and delivered after that has committed.
create table mail.message (
  id text primary key,
  organisation_id text,
  subject_id text not null,
  kind text not null,
  -- Address, subject and text, sealed under the subject's key. Removed as soon as the mail server has it, or never will.
  body_sealed bytea check (octet_length(body_sealed) <= 16640),
  created_at timestamptz not null,
  -- While it waits. A claim moves it ahead, so that a process that ends takes nothing with it.
  next_try_at timestamptz,
  tries smallint not null default 0,
  sent_at timestamptz,
  failed_at timestamptz,
  -- Of the last try, as in `refused`. A word of ours, never the server's.
  failure text,
  check (num_nonnulls(next_try_at, sent_at, failed_at) = 1),
  check (next_try_at is null or body_sealed is not null)
);
create index message_due on mail.message (next_try_at) where next_try_at is not null;
-- For the hourly limit, the export and the erasure.
create index message_subject on mail.message (subject_id, created_at);
-- The development mailbox.
create index message_kept on mail.message (organisation_id, created_at) where sent_at is not null and body_sealed is not null;
-- For the sweep.
create index message_created on mail.message (created_at);

grant select, insert, delete on mail.message to custodia_app;
-- Whose it is can't be changed afterwards.
grant update (body_sealed, next_try_at, tries, sent_at, failed_at, failure) on mail.message to custodia_app;
