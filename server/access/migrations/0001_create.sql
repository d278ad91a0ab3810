-- Which roles a person or an application holds. What a role stands for is configuration.
create table access.assignment (
  organisation_id text not null,
  subject_id text not null,
  role text not null,
  assigned_at timestamptz not null,
  primary key (organisation_id, subject_id, role)
);
create index assignment_role on access.assignment (organisation_id, role);
grant select, insert, delete on access.assignment to custodia_app;
