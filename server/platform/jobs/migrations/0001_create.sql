-- When each job is next due. While one runs, next_run_at is the end of its lease: whoever claims moves it ahead.
create table platform.job (
  name text primary key,
  next_run_at timestamptz not null default now(),
  last_run_at timestamptz,
  last_error text,
  failures integer not null default 0
);

grant select, insert, update on platform.job to custodia_app;
