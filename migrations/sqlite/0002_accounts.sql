-- Accounts of staff and residents, their sessions and phone codes.

CREATE TABLE accounts (
    id TEXT NOT NULL CONSTRAINT accounts_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    login TEXT CONSTRAINT accounts_login_unique UNIQUE,
    name TEXT NOT NULL,
    phone_sealed TEXT,
    phone_print TEXT,
    address_sealed TEXT,
    password_hash TEXT,
    must_change_password BIGINT NOT NULL,
    login_failures BIGINT NOT NULL,
    locked_at BIGINT,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
-- Residents sign in by phone, so one resident account per phone; staff may share one with their resident account.
CREATE UNIQUE INDEX accounts_resident_phone_unique ON accounts (phone_print) WHERE kind = 'resident';

CREATE TABLE account_grants (
    id TEXT NOT NULL CONSTRAINT account_grants_pk PRIMARY KEY,
    account_id TEXT NOT NULL,
    role TEXT NOT NULL,
    grid_path TEXT NOT NULL
);
CREATE INDEX account_grants_by_account ON account_grants (account_id);

CREATE TABLE sessions (
    id TEXT NOT NULL CONSTRAINT sessions_pk PRIMARY KEY,
    token_hash TEXT NOT NULL CONSTRAINT sessions_token_unique UNIQUE,
    account_id TEXT NOT NULL,
    csrf_token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);

CREATE TABLE phone_codes (
    id TEXT NOT NULL CONSTRAINT phone_codes_pk PRIMARY KEY,
    code_hash TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    sent_today BIGINT NOT NULL
);
