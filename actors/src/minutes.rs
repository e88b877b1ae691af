//! What minutes of meetings are made from beside the hall, gathered from the log and from what is known of organisations.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::OrganisationId;
use lianxin_domain::meeting::{Hall, all_types};
use lianxin_domain::minutes::{FACT_KINDS, MinutesDraft, Record, TRACE_KINDS, resolutions_of};
use lianxin_storage::error::StorageError;
use lianxin_storage::log::EventLog;
use lianxin_storage::meeting_media::MeetingMedia;
use lianxin_storage::meetings::Meetings;
use sha2::{Digest as _, Sha256};

use crate::directory::Directories;

/// Where minutes come from.
#[derive(Clone)]
pub struct MinutesSources {
    /// The log that they are drafted from.
    pub log: Arc<EventLog>,
    /// Pictures and videos.
    pub media: MeetingMedia,
    /// The names of types.
    pub meetings: Meetings,
    /// The names of organisations.
    pub directories: Directories,
}

impl MinutesSources {
    /// What minutes of the hall are made from beside it, as it is known now.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn record(&self, hall: &Hall) -> Result<Record, StorageError> {
        let meeting = hall.meeting();
        let subject = Subject::new("meeting", meeting.id);
        let as_of = self.log.last_of_subject(&subject, &FACT_KINDS).await?.unwrap_or_default();
        let trace = self.log.of_subject_only(&subject, &TRACE_KINDS).await?;
        let code = &meeting.plan.type_code;
        let kind = all_types(&self.meetings.types().await?).into_iter().find(|kind| kind.code == *code);
        let record = Record {
            as_of,
            type_name: kind.map_or_else(|| code.clone(), |kind| kind.name),
            organisation: self
                .directories
                .current()
                .organisation(meeting.organisation_id)
                .unwrap_or_default()
                .to_owned(),
            organisations: self.organisations_of(hall),
            resolutions: resolutions_of(hall),
            media: self.media.of(meeting.id).await?,
            ..Record::default()
        };
        Ok(record.with_trace(&trace))
    }

    fn organisations_of(&self, hall: &Hall) -> BTreeMap<OrganisationId, String> {
        let directory = self.directories.current();
        let ids: HashSet<OrganisationId> = hall.attendees().filter_map(|attendee| attendee.organisation_id).collect();
        let named = ids.into_iter().filter_map(|id| Some((id, directory.organisation(id)?.to_owned())));
        named.collect()
    }
}

/// SHA-256 of the facts as JSON, whose members are always in the same order.
pub fn hash(draft: &MinutesDraft) -> String {
    HEXLOWER.encode(&Sha256::digest(serde_json::to_vec(draft).unwrap_or_default()))
}
