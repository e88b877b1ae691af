-- Where a meeting's organisation lies is looked up with it, so that meetings move with their organisation.
CREATE INDEX meetings_of_organisation ON meetings (organisation_id, starts_at);
DROP INDEX meetings_by_organisation;
