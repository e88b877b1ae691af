-- Of those expected at a meeting that ended, who had a vote and who of them came. Nothing in rows of versions before: those are
-- counted on the list, as ever.
ALTER TABLE attendance_counts ADD COLUMN voters BIGINT;
ALTER TABLE attendance_counts ADD COLUMN voters_present BIGINT;
-- What a night reads of many, without reading the rows.
CREATE INDEX attendance_counts_voters ON attendance_counts (meeting_id, organisation_id, voters, voters_present);
CREATE INDEX meeting_minutes_signed ON meeting_minutes (id, signed_at);
