-- How often a ticket's limit ended before it was met: the clock of a step that is done no longer says so. Of tickets from
-- before clocks nothing but the last one is known.

ALTER TABLE tickets ADD COLUMN overdue_count BIGINT NOT NULL DEFAULT 0;
UPDATE tickets SET overdue_count =
    (SELECT COUNT(*) FROM events WHERE events.subject_id = tickets.id AND events.kind = 'ticket.overdue');
UPDATE tickets SET overdue_count = 1 WHERE overdue_count = 0 AND overdue = 1;
