-- Whoever signs in has their live sessions counted: those that ended must not be in the way.
create index session_live on sessions.session (user_id, created_at) where ended_at is null;
