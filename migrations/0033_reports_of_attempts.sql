-- A report is about one attempt. Judged over the whole message, a late word about the first call would undo the second.
-- The columns without a default: ACCESS EXCLUSIVE on attempts, reports and channels for a moment, nothing is rewritten.

-- The provider's own id of this very call: by it a report finds its attempt.
ALTER TABLE attempts ADD COLUMN receipt text;
-- Null where it is about no message of ours, and in reports from before there was the column: those are of the first.
ALTER TABLE reports ADD COLUMN attempt smallint;
-- An account fault in a call from before somebody resumed the channel says nothing about the account since.
ALTER TABLE channels ADD COLUMN resumed_at timestamptz;

-- How many reports a request brought, known without reading them: a worker locks just what it will apply.
-- Rewrites report_inbox under ACCESS EXCLUSIVE; meanwhile webhooks wait, and providers repeat what times out.
ALTER TABLE report_inbox ADD COLUMN size integer NOT NULL GENERATED ALWAYS AS (jsonb_array_length(reports)) STORED;
