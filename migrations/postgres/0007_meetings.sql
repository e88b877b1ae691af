-- Meetings, their lists of people, and claims that were used. Times are milliseconds UTC, JSON is text.

CREATE TABLE meeting_types (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT meeting_types_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    name TEXT NOT NULL CONSTRAINT meeting_types_name_unique UNIQUE,
    family TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE meetings (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT meetings_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    serial BIGINT NOT NULL CONSTRAINT meetings_serial_unique UNIQUE,
    organisation_id TEXT COLLATE "C" NOT NULL,
    organisation_path TEXT COLLATE "C" NOT NULL,
    created_by_id TEXT COLLATE "C" NOT NULL,
    created_by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    topic TEXT NOT NULL,
    type_code TEXT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    recorder_id TEXT COLLATE "C",
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    plan TEXT NOT NULL,
    state TEXT NOT NULL,
    launched_at BIGINT,
    started_at BIGINT,
    ended_at BIGINT,
    cancel_reason TEXT,
    agenda_index BIGINT,
    agenda_since BIGINT
);
CREATE INDEX meetings_by_organisation ON meetings (organisation_path, starts_at);
CREATE INDEX meetings_by_start ON meetings (starts_at, id);
CREATE INDEX meetings_by_host ON meetings (host_id, starts_at);
-- Whose hall may still change; few, however many there ever were.
CREATE INDEX meetings_open ON meetings (starts_at) WHERE state IN ('launched', 'running');

CREATE TABLE meeting_attendees (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT meeting_attendees_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    meeting_id TEXT COLLATE "C" NOT NULL,
    member_id TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C",
    organisation_id TEXT COLLATE "C",
    name TEXT NOT NULL,
    standing TEXT NOT NULL,
    role TEXT NOT NULL,
    substitute_of TEXT COLLATE "C",
    starts_at BIGINT NOT NULL,
    attending BIGINT,
    answered_at BIGINT,
    signed_up_at BIGINT,
    leave TEXT,
    number BIGINT,
    presence TEXT,
    evidence TEXT,
    device TEXT
);
CREATE INDEX meeting_attendees_by_meeting ON meeting_attendees (meeting_id);
CREATE INDEX meeting_attendees_by_account ON meeting_attendees (account_id, starts_at);
CREATE INDEX meeting_attendees_by_member ON meeting_attendees (member_id, starts_at);
CREATE INDEX meeting_attendees_by_organisation ON meeting_attendees (organisation_id, starts_at);

-- A claim is used once: its nonce is inserted by the change that signs in.
CREATE TABLE meeting_claims (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT meeting_claims_pk PRIMARY KEY,
    used_at BIGINT NOT NULL
);
