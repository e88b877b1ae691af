-- What residents may know of a request (公开说明), and who said that the same thing concerns them too (我也遇到了).

ALTER TABLE tickets ADD COLUMN known_text TEXT;
ALTER TABLE tickets ADD COLUMN known_at BIGINT;
-- JSON; nothing when nobody joined.
ALTER TABLE tickets ADD COLUMN joiners TEXT;
-- What is offered to whoever writes a request of the same kind: near a place, or in a grid.
CREATE INDEX tickets_known_near ON tickets (kind, lat)
    WHERE known_text IS NOT NULL AND state IN ('submitted', 'accepted');
CREATE INDEX tickets_known_in_grid ON tickets (kind, grid_id, id)
    WHERE known_text IS NOT NULL AND state IN ('submitted', 'accepted');

-- The same as tickets.joiners, by person.
CREATE TABLE ticket_joins (
    -- Ticket and person.
    id TEXT NOT NULL CONSTRAINT ticket_joins_pk PRIMARY KEY,
    ticket_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    CONSTRAINT ticket_joins_unique UNIQUE (ticket_id, account_id)
);
CREATE INDEX ticket_joins_by_account ON ticket_joins (account_id, joined_at, id);
