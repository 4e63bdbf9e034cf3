-- A goal can be a condition, and counts when it becomes true: of each passage is kept whether it held on entering already.
-- Null where the goal is an event. ACCESS EXCLUSIVE on enrollments for a moment, since a column without a default rewrites nothing.

ALTER TABLE enrollments ADD COLUMN reached_before boolean;
