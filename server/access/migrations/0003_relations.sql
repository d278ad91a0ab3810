-- Who is what to which resource. What a relation means, and whom a tuple may name, is configuration.
create table access.relation (
  organisation_id text collate "C" not null,
  resource_type text collate "C" not null,
  resource_id text collate "C" not null,
  relation text collate "C" not null,
  subject_type text collate "C" not null,
  subject_id text collate "C" not null,
  -- Empty but for subject sets.
  subject_relation text collate "C" not null,
  condition jsonb,
  expires_at timestamptz,
  written_at timestamptz not null,
  -- It names a resource: a parent, or with a relation a subject set. Those are few, and followed.
  edge boolean not null generated always as (position(':' in subject_type) > 0) stored,
  primary key (organisation_id, resource_type, resource_id, relation, subject_type, subject_id, subject_relation)
);
create index relation_of_subject on access.relation
  (organisation_id, subject_type, subject_id, subject_relation, resource_type, resource_id, relation);
create index relation_edge on access.relation (organisation_id, resource_type, resource_id, relation) where edge;
create index relation_expiry on access.relation (expires_at) where expires_at is not null;
grant select, insert, update, delete on access.relation to custodia_app;
