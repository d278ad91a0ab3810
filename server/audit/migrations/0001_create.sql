-- One row per event. `body` is what is hashed; every other column is only an index over it, and is checked against it.
create table audit.entry (
  id bigint generated always as identity primary key,
  entry_id text not null unique,
  -- The transaction that recorded it: it tells the sequencer which entries can no longer be overtaken.
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null,
  type text collate "C" not null,
  organisation_id text collate "C",
  actor_kind text not null,
  actor_id text collate "C",
  subject_id text collate "C",
  body bytea not null
);
create index entry_order on audit.entry (xid, id);
create index entry_by_organisation on audit.entry (organisation_id, id);
create index entry_by_actor on audit.entry (organisation_id, actor_id, id) where actor_id is not null;
create index entry_by_subject on audit.entry (organisation_id, subject_id, id) where subject_id is not null;
create index entry_by_time on audit.entry using brin (at);

-- Hashes by the levels of C2SP tlog-tiles: level 0 leaves, level L one for each 256 of the level below.
create table audit.node (
  level smallint not null,
  index bigint not null,
  hash bytea not null check (length(hash) = 32),
  -- The entry of a leaf. No foreign key: a missing entry must be found by verifying, not hidden by a cascade.
  entry bigint,
  primary key (level, index),
  check ((level = 0) = (entry is not null))
);
create unique index node_by_entry on audit.node (entry) where entry is not null;

create table audit.checkpoint (
  size bigint primary key,
  root bytea not null check (length(root) = 32),
  note text not null,
  at timestamptz not null,
  -- The last entry that was placed: everything up to it, in this order, stands in the tree.
  last_xid xid8 not null,
  last_id bigint not null
);

grant select, insert on audit.entry, audit.node, audit.checkpoint to custodia_app;

-- The grants bind the application; these bind the owner as well.
create function audit.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit.% is insert-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end
$$;
create trigger insert_only before update or delete or truncate on audit.entry
  for each statement execute function audit.refuse_change();
create trigger insert_only before update or delete or truncate on audit.node
  for each statement execute function audit.refuse_change();
create trigger insert_only before update or delete or truncate on audit.checkpoint
  for each statement execute function audit.refuse_change();
-- ALWAYS: also where session_replication_role says replica.
alter table audit.entry enable always trigger insert_only;
alter table audit.node enable always trigger insert_only;
alter table audit.checkpoint enable always trigger insert_only;
