-- Kinds and states of organisations, their members, and who has a role there. Dates are text, YYYY-MM-DD.

ALTER TABLE organisations ADD COLUMN short_name TEXT NOT NULL DEFAULT '';
ALTER TABLE organisations ADD COLUMN kind TEXT NOT NULL DEFAULT 'party_committee';
ALTER TABLE organisations ADD COLUMN sort_order BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organisations ADD COLUMN status TEXT NOT NULL DEFAULT 'active';
ALTER TABLE organisations ADD COLUMN ends_on TEXT;
-- Names end with the kind (domain.md 6).
UPDATE organisations SET kind = 'branch' WHERE name LIKE '%支部%';
UPDATE organisations SET kind = 'general_branch' WHERE name LIKE '%总支%';
UPDATE organisations SET kind = 'group' WHERE name LIKE '%党小组%';

CREATE TABLE members (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT members_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    organisation_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    phone_sealed TEXT,
    phone_print TEXT,
    standing TEXT NOT NULL,
    positions TEXT NOT NULL,
    joined_on TEXT,
    became_full_on TEXT,
    gender TEXT,
    sort_order BIGINT NOT NULL,
    status TEXT NOT NULL,
    history_reason TEXT
);
-- Every member is in exactly one organisation (domain.md 5.1).
CREATE UNIQUE INDEX members_account_unique ON members (account_id) WHERE status = 'active';
CREATE INDEX members_by_organisation ON members (organisation_id);
CREATE INDEX members_by_phone ON members (phone_print);

CREATE TABLE organisation_roles (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT organisation_roles_pk PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    role TEXT NOT NULL
);
CREATE INDEX organisation_roles_by_organisation ON organisation_roles (organisation_id);
CREATE INDEX organisation_roles_by_account ON organisation_roles (account_id);
