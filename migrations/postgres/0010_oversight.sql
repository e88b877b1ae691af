-- What those who look over meetings leave behind, and when people were reminded last.
ALTER TABLE meetings ADD COLUMN reminded_at BIGINT;
ALTER TABLE meetings ADD COLUMN visits BIGINT NOT NULL DEFAULT 0;
ALTER TABLE meetings ADD COLUMN visited_at BIGINT;
ALTER TABLE meetings ADD COLUMN visited_by_id TEXT;
ALTER TABLE meetings ADD COLUMN visited_by_name TEXT;
ALTER TABLE meetings ADD COLUMN nudges BIGINT NOT NULL DEFAULT 0;
ALTER TABLE meetings ADD COLUMN nudged_at BIGINT;
ALTER TABLE meetings ADD COLUMN nudged_by_id TEXT;
ALTER TABLE meetings ADD COLUMN nudged_by_name TEXT;
