-- Text messages go the way of mails: queued in the transaction of what they tell about, sealed, tried again.
alter table mail.message add column channel text not null default 'mail' check (channel in ('mail', 'text'));
-- When nobody wants it any more. Mails have no such time.
alter table mail.message add column expires_at timestamptz;
create index message_expires on mail.message (expires_at) where next_try_at is not null and expires_at is not null;

-- How many texts went out in an hour or a day, per person, number, network and organisation: each costs money, and whoever makes
-- somebody else send them may earn some of it. One row a count and window; the sweep deletes those that are over.
create table mail.text_count (
  -- HMAC-SHA-256 of what is counted, under a key that is not in the database: a number is not told from its hash.
  scope bytea not null check (octet_length(scope) = 32),
  window_start timestamptz not null,
  sent integer not null check (sent > 0),
  primary key (window_start, scope)
);
grant select, insert, delete on mail.text_count to custodia_app;
grant update (sent) on mail.text_count to custodia_app;
