-- What attendance came to, written when a meeting ends, and the secret addresses of calendars. Times are milliseconds UTC.

-- One row for each meeting that ended and each organisation whose people were expected there.
CREATE TABLE attendance_counts (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT attendance_counts_pk PRIMARY KEY,
    -- The number of the log that they are as of: of two counts the later one stands.
    as_of BIGINT NOT NULL,
    meeting_id TEXT COLLATE "C" NOT NULL,
    organisation_id TEXT COLLATE "C" NOT NULL,
    type_code TEXT COLLATE "C" NOT NULL,
    -- Of the planned begin, in China: 2026-11.
    month TEXT COLLATE "C" NOT NULL,
    -- What everybody's status follows from.
    starts_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT NOT NULL,
    late_after_ms BIGINT NOT NULL,
    expected BIGINT NOT NULL,
    present BIGINT NOT NULL,
    on_time BIGINT NOT NULL,
    late BIGINT NOT NULL,
    left_early BIGINT NOT NULL,
    on_leave BIGINT NOT NULL,
    absent BIGINT NOT NULL,
    substituted BIGINT NOT NULL,
    online BIGINT NOT NULL
);
CREATE INDEX attendance_counts_by_organisation ON attendance_counts (organisation_id, starts_at);
CREATE INDEX attendance_counts_by_meeting ON attendance_counts (meeting_id);

-- Who came in others' places: few among many.
CREATE INDEX meeting_attendees_substitutes ON meeting_attendees (meeting_id, substitute_of)
    WHERE substitute_of IS NOT NULL;

-- One address for each account at most.
CREATE TABLE calendar_links (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT calendar_links_pk PRIMARY KEY,
    token_hash TEXT COLLATE "C" NOT NULL CONSTRAINT calendar_links_token_unique UNIQUE,
    -- What the token is made of, with a key that is not in the database.
    nonce TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
