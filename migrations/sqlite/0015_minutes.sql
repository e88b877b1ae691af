-- What remains of a meeting: its minutes.

CREATE TABLE meeting_minutes (
    id TEXT NOT NULL CONSTRAINT meeting_minutes_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    edited_at BIGINT NOT NULL,
    edited_by_id TEXT NOT NULL,
    edited_by_name TEXT NOT NULL,
    signed_at BIGINT,
    signed_by_id TEXT,
    signed_by_name TEXT
);
