-- Which meetings are due, warnings of those that were not held, what is asked of branches then, and who looks after them.

-- The day on which an organisation was founded: nothing is due of it before.
ALTER TABLE organisations ADD COLUMN founded_on TEXT;

-- What a tenant changed about the built-in rules, and the rules of its own types. The body is JSON.
CREATE TABLE duty_rules (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT duty_rules_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    tenant TEXT COLLATE "C" NOT NULL,
    type_code TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL
);

-- One row for each branch (or group), type and period of which somebody was ever warned.
CREATE TABLE duty_warnings (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT duty_warnings_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    organisation_id TEXT COLLATE "C" NOT NULL,
    group_id TEXT COLLATE "C",
    type_code TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    level TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    satisfied_at BIGINT,
    late BIGINT NOT NULL,
    handled_at BIGINT,
    handled_by_id TEXT COLLATE "C",
    handled_by_name TEXT,
    handled_note TEXT
);
CREATE INDEX duty_warnings_by_organisation ON duty_warnings (organisation_id, period);
CREATE INDEX duty_warnings_by_time ON duty_warnings (raised_at, id);
CREATE INDEX duty_warnings_unsettled ON duty_warnings (organisation_id) WHERE state IN ('warned', 'coming');

-- Orders and nudges (指令、催办).
CREATE TABLE duty_orders (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT duty_orders_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    organisation_id TEXT COLLATE "C" NOT NULL,
    duty_id TEXT COLLATE "C",
    from_id TEXT COLLATE "C" NOT NULL,
    from_name TEXT NOT NULL,
    body TEXT NOT NULL,
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    answer_workdays BIGINT NOT NULL,
    state TEXT NOT NULL,
    answer TEXT,
    answered_at BIGINT,
    answered_by_id TEXT COLLATE "C",
    answered_by_name TEXT,
    closed_at BIGINT,
    -- The ids of the organisations above that were told that nobody answered, comma separated.
    told TEXT NOT NULL,
    escalates_at BIGINT
);
CREATE INDEX duty_orders_by_organisation ON duty_orders (organisation_id, created_at);
CREATE INDEX duty_orders_by_sender ON duty_orders (from_id, created_at);
CREATE INDEX duty_orders_by_duty ON duty_orders (duty_id);

-- 党员干部联系支部: which cadre looks after which branch.
CREATE TABLE branch_cadres (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT branch_cadres_pk PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL
);
CREATE INDEX branch_cadres_by_organisation ON branch_cadres (organisation_id);
CREATE INDEX branch_cadres_by_account ON branch_cadres (account_id);

-- The meetings of one type in a period, whoever holds them.
-- All that a night reads of tens of thousands of meetings: their rows hold whole plans and lie apart.
CREATE INDEX meetings_by_type ON meetings (type_code, starts_at, organisation_id, state, id, ends_at, ended_at);
