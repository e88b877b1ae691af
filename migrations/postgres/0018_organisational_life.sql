-- 组织生活会: its notice, who takes part, their 对照检查材料, the meetings that belong to it, and its report.

CREATE TABLE life_meetings (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT life_meetings_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    organisation_id TEXT COLLATE "C" NOT NULL,
    created_by_id TEXT COLLATE "C" NOT NULL,
    created_by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    notice TEXT NOT NULL,
    topic TEXT NOT NULL,
    year BIGINT NOT NULL,
    content TEXT NOT NULL,
    -- JSON.
    files TEXT NOT NULL,
    materials_due_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    committee_meeting_id TEXT COLLATE "C",
    members_meeting_id TEXT COLLATE "C",
    reminded_at BIGINT,
    report TEXT,
    -- JSON.
    report_files TEXT,
    reported_at BIGINT,
    reported_by_id TEXT COLLATE "C",
    reported_by_name TEXT
);
CREATE INDEX life_meetings_by_organisation ON life_meetings (organisation_id, created_at);
CREATE INDEX life_meetings_by_time ON life_meetings (created_at, id);
CREATE INDEX life_meetings_by_committee_meeting ON life_meetings (committee_meeting_id);
CREATE INDEX life_meetings_by_members_meeting ON life_meetings (members_meeting_id);

-- Who takes part, and how the person's material stands. The id is life_meeting:member.
CREATE TABLE life_participants (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT life_participants_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    life_meeting_id TEXT COLLATE "C" NOT NULL,
    member_id TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    place BIGINT NOT NULL,
    state TEXT NOT NULL,
    number BIGINT NOT NULL,
    submitted_at BIGINT,
    decided_by_id TEXT COLLATE "C",
    decided_by_name TEXT,
    decided_at BIGINT,
    reason_sealed TEXT
);
CREATE INDEX life_participants_by_meeting ON life_participants (life_meeting_id, place);
CREATE INDEX life_participants_by_account ON life_participants (account_id);

-- What was handed in, all versions. The id is life_meeting:member:number, the number in six digits.
CREATE TABLE life_materials (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT life_materials_pk PRIMARY KEY,
    number BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL,
    -- Text and files, JSON.
    body_sealed TEXT NOT NULL
);
