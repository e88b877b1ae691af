-- Pictures of members, raised hands, people's own notes, and organisations above that are asked to send somebody.

ALTER TABLE members ADD COLUMN photo TEXT;
ALTER TABLE meeting_attendees ADD COLUMN photo TEXT;
ALTER TABLE meeting_attendees ADD COLUMN hand_raised_at BIGINT;
ALTER TABLE meetings ADD COLUMN delegation TEXT;

CREATE TABLE meeting_notes (
    id TEXT NOT NULL CONSTRAINT meeting_notes_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    meeting_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    body_sealed TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
