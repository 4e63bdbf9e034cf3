-- What the original of a restored backup may have done already: everything that was due until it stopped. A passage that the
-- copy takes on later keeps when it was due in the original, until it has caught up with that instant.
-- And whom a customer was merged into that the ledger still needs: its messages lead their reader there, to leave or to stay.
-- ACCESS EXCLUSIVE on enrollments, installation and customers: for a moment, since new columns without a default rewrite
-- nothing, and on customers while the key is checked and an empty index is built (seconds for ten million).

ALTER TABLE installation ADD COLUMN sent_until timestamptz;
ALTER TABLE enrollments ADD COLUMN owed_at timestamptz;
ALTER TABLE customers ADD COLUMN merged_into bigint REFERENCES customers ON DELETE SET NULL;
CREATE INDEX customers_merged ON customers (merged_into) WHERE merged_into IS NOT NULL;
