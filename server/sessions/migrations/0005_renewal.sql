-- What a person may do was changed by somebody else: the cookies that their sessions have are replaced, each session's at its next
-- request, and they are told apart by when they were made.
alter table sessions.session
  -- When it was changed. Null is never, or the session has its new cookie since.
  add column privileges_at timestamptz,
  -- When a new cookie was handed out last, and how often: an answer may have been lost.
  add column renewed_at timestamptz,
  add column renewals smallint not null default 0 check (renewals between 0 and 5),
  -- Proofs up to then don't count as fresh.
  add column fresh_after timestamptz,
  -- A proof by one factor does not count as fresh: the sign-in was unusual, and nothing more could be asked.
  add column unprovable boolean not null default false;
grant update (privileges_at, renewed_at, renewals, fresh_after) on sessions.session to custodia_app;
