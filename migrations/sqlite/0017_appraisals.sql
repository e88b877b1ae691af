-- Democratic appraisals of branches (民主评议). Who rated whom stands in sealed forms alone, and those go when they are counted.

CREATE TABLE appraisals (
    id TEXT NOT NULL CONSTRAINT appraisals_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    organisation_id TEXT NOT NULL,
    created_by_id TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    topic TEXT NOT NULL,
    year BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    mass BIGINT NOT NULL,
    notice TEXT,
    started_at BIGINT,
    closed_at BIGINT,
    counted_at BIGINT,
    meeting_id TEXT,
    ended_at BIGINT,
    ended_by_id TEXT,
    ended_by_name TEXT,
    -- When, by whom and why it was opened again, as JSON.
    reopened TEXT
);
CREATE INDEX appraisals_by_organisation ON appraisals (organisation_id, created_at);
CREATE INDEX appraisals_by_time ON appraisals (created_at, id);

-- Those who take part; the key is appraisal and member. What they came to is there from the count on.
CREATE TABLE appraisal_participants (
    id TEXT NOT NULL CONSTRAINT appraisal_participants_pk PRIMARY KEY,
    appraisal_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    standing TEXT NOT NULL,
    took_part BIGINT NOT NULL,
    self_grade TEXT,
    self_text_sealed TEXT,
    mutual TEXT NOT NULL,
    mass TEXT NOT NULL,
    grade TEXT,
    opinion_sealed TEXT,
    follow_up_sealed TEXT,
    graded_at BIGINT,
    graded_by_id TEXT,
    graded_by_name TEXT,
    acknowledged_at BIGINT
);
CREATE INDEX appraisal_participants_by_appraisal ON appraisal_participants (appraisal_id);
CREATE INDEX appraisal_participants_by_account ON appraisal_participants (account_id);

-- Who sent a form; the key is appraisal and account. Nothing of what it said.
CREATE TABLE appraisal_raters (
    id TEXT NOT NULL CONSTRAINT appraisal_raters_pk PRIMARY KEY,
    appraisal_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL
);
CREATE INDEX appraisal_raters_by_appraisal ON appraisal_raters (appraisal_id);
CREATE INDEX appraisal_raters_by_account ON appraisal_raters (account_id);

-- The forms until they are counted; the key is appraisal and account.
CREATE TABLE appraisal_forms (
    id TEXT NOT NULL CONSTRAINT appraisal_forms_pk PRIMARY KEY,
    form_sealed TEXT NOT NULL
);
