-- What tells of a person in rows that stay for figures fades after a time (waypost.yaml, `keep`): how far each table is done, by
-- its ids, since no index on a hot table should have to say so. A new table: locks nothing.

CREATE TABLE faded (
  what text PRIMARY KEY,
  until bigint NOT NULL
);
