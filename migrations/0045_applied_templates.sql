-- A template is in use as soon as a worker has read it, without an apply. So that a plan can say which have changed since
-- somebody last looked, each apply notes the hash of every template: of its file and of the layout and partials it is made
-- with. New and empty: until the next apply there is nothing to compare with. Locks nothing.

CREATE TABLE applied_templates (
  file text PRIMARY KEY,
  hash text NOT NULL,
  noted_at timestamptz NOT NULL
);
