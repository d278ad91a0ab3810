-- What the session that it becomes is told of its risk: 0 as usual to 1,000.
alter table identity.attempt
  add column risk smallint not null default 0 check (risk between 0 and 1000);
