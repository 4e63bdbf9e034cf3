-- Who waits is shown at the wait, not at the step after it, and counts as having passed it when the time is up.
-- A column without a default: ACCESS EXCLUSIVE on enrollments for an instant, nothing is rewritten.

-- The id of the wait that an enrollment rests at; its `step` is then the one after. It may be older than the version of
-- a customer who was moved: whoever reads it sees whether that version has such a wait before the step.
ALTER TABLE enrollments ADD COLUMN resting_at text;
