-- Device Bound Session Credentials: the public key (ES256, as JWK) to which a session is bound. Null where its browser offers none.
alter table sessions.session
  add column bound_key jsonb,
  -- When the challenge was made that was answered last: an older one is not answered again.
  add column bound_challenge_at timestamptz;
grant update (bound_key, bound_challenge_at) on sessions.session to custodia_app;
