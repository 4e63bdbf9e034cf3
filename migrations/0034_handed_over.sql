-- What was handed over, so that a provider that is asked about an unknown outcome is asked about this very text, and when, by
-- the database's clock: rendered once more a text may differ, and a host's clock may be wrong.
-- ACCESS EXCLUSIVE on attempts for a moment: new columns without a default rewrite nothing.

ALTER TABLE attempts ADD COLUMN opened_at timestamptz, ADD COLUMN text_sha256 bytea;
