grant usage on schema keyring to custodia_app;

-- Keys, wrapped. A row outlives its key: a shredded one says for ever that nothing opens, and nothing is sealed, under it.
create table keyring.key (
  id uuid primary key,
  -- Null for the installation itself.
  organisation_id text,
  -- 'custodia' for the server's own, else whose data the key is for: applications can't reach each other's.
  application_id text not null,
  subject_id text,
  purpose text not null,
  version integer not null check (version >= 1),
  -- The key, one row being one version, or the root key that `wrapped` opens under.
  wrapped_by uuid,
  wrapped bytea not null,
  messages_sealed bigint not null default 0,
  created_at timestamptz not null,
  shredded_at timestamptz,
  unique nulls not distinct (organisation_id, application_id, subject_id, purpose, version),
  -- A subject may be destroyed before it ever had a key: such a row was never wrapped.
  check (case when shredded_at is null then wrapped_by is not null and length(wrapped) > 0 else length(wrapped) = 0 end)
);
create index key_subject on keyring.key (organisation_id, subject_id) where subject_id is not null;
create index key_wrapped_by on keyring.key (wrapped_by);

grant select, insert on keyring.key to custodia_app;
-- Never the names: a key belongs to one subject for ever.
grant update (wrapped, messages_sealed, shredded_at) on keyring.key to custodia_app;
