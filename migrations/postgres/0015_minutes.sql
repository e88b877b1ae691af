-- What remains of a meeting: its minutes, its pictures, and what those who were there thought of it.

-- Of a meeting that nobody wrote minutes of there is no row. `record` is what they were made from when they were signed.
CREATE TABLE meeting_minutes (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT meeting_minutes_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    edited_at BIGINT NOT NULL,
    edited_by_id TEXT NOT NULL,
    edited_by_name TEXT NOT NULL,
    signed_at BIGINT,
    signed_by_id TEXT,
    signed_by_name TEXT,
    record TEXT
);

CREATE TABLE meeting_media (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT meeting_media_pk PRIMARY KEY,
    meeting_id TEXT NOT NULL,
    file TEXT NOT NULL,
    caption TEXT,
    added_at BIGINT NOT NULL,
    added_by_id TEXT NOT NULL,
    added_by_name TEXT NOT NULL
);
CREATE INDEX meeting_media_by_meeting ON meeting_media (meeting_id, added_at);

-- One for each person who was there.
CREATE TABLE meeting_ratings (
    id TEXT NOT NULL CONSTRAINT meeting_ratings_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    meeting_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    stars BIGINT NOT NULL,
    comment_sealed TEXT,
    rated_at BIGINT NOT NULL
);
CREATE INDEX meeting_ratings_by_meeting ON meeting_ratings (meeting_id);
