-- Journeys take turns on a channel, so what is due is found by journey; and the sweeper finds the receipts of unknown outcome
-- without reading all that marketing left so. Workers of an earlier version go on meanwhile, at the cost of a sort.
-- ACCESS EXCLUSIVE on messages while both indexes are built, each of which reads the whole table (a minute for a hundred million rows):
-- nobody reads or writes messages meanwhile.

DROP INDEX messages_due;
CREATE INDEX messages_due ON messages (channel, class, journey_id, due_at) WHERE needs = 'delivery';

DROP INDEX messages_unknown;
CREATE INDEX messages_unknown ON messages (class, sent_at) WHERE needs = 'resolution';
