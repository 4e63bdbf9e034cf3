-- Dead events are found by their customer, who may be merged into another or erased, and by their age: those of archived journeys
-- go after a time (waypost.yaml, `keep`).
-- Building them keeps writers off dead_events for as long as reading it takes: a moment, as few events are dead. Workers of the
-- release before go on.

CREATE INDEX dead_events_by_customer ON dead_events (customer_id);
CREATE INDEX dead_events_by_age ON dead_events (died_at);
