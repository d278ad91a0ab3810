-- How unlike the person's others the sign-in was, and how unlike itself the session has looked since: 0 as usual to 1,000.
alter table sessions.session
  add column risk smallint not null default 0 check (risk between 0 and 1000);
grant update (risk) on sessions.session to custodia_app;
