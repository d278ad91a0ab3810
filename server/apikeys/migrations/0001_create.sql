-- Keys that applications call with. Only a keyed hash of the secret half is stored.
create table apikeys.key (
  id text primary key,
  organisation_id text not null,
  application_id text not null,
  roles text[] not null,
  secret_hash bytea not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);
create index key_application on apikeys.key (organisation_id, application_id);
grant select, insert on apikeys.key to custodia_app;
grant update (revoked_at) on apikeys.key to custodia_app;
