-- What a provider reports is written once, read once and never searched: as text that is neither taken apart nor
-- compressed it costs the database a third. Workers of the release before write and read it as they did.
ALTER TABLE report_inbox DROP COLUMN size;
ALTER TABLE report_inbox ALTER COLUMN reports TYPE json USING reports::json;
ALTER TABLE report_inbox ALTER COLUMN reports SET STORAGE EXTERNAL;
ALTER TABLE report_inbox ADD COLUMN size integer GENERATED ALWAYS AS (json_array_length(reports)) STORED NOT NULL;
