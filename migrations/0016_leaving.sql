-- Journeys that start when a customer leaves a segment look for who left since they last looked.
-- Holds up writes to segment_members while the index is built (a second for a million rows).

CREATE INDEX segment_members_by_leaving ON segment_members (segment_id, left_at) WHERE left_at IS NOT NULL;
