-- Whose password was set by a mailed link. A code by mail proves the same mailbox again, so beside that password it is no second factor.
create table identity.password_by_mail (
  person_id text primary key references identity.person on delete cascade,
  set_at timestamptz not null
);
grant select, insert, delete on identity.password_by_mail to custodia_app;
