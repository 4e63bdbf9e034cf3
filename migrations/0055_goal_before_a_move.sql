-- Whoever is moved to a version with another goal is judged for it then (`enrollments.reached_before`); what was known of the goal
-- before is kept here, so that a rollback puts it back. Null where that goal was an event, and of moves before this migration.
-- ACCESS EXCLUSIVE on moved_enrollments for a moment; workers of an earlier version go on and leave it null.

ALTER TABLE moved_enrollments ADD COLUMN from_reached_before boolean;
