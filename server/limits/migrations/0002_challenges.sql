-- What becomes of whoever has no room.
alter table limits.policy
  add column exceeded text not null default 'refuse' check (exceeded in ('refuse', 'challenge'));

-- Whether they were asked for work instead of being refused, and how many proofs were taken.
alter table limits.limited
  add column challenged boolean not null default false,
  add column solved bigint not null default 0;
