//! Forms of appraisals: 自评与互评 of participants (inventory APR-02), 群众评议 (APR-03). A form is read by its author alone, and
//! by nobody once it is counted.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, put, web};
use lianxin_domain::appraisal::{AppraisalState, Form, Grade, Participant};
use lianxin_domain::ids::MemberId;
use lianxin_domain::problem::{FieldError, Refusal};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::appraisal_room::{AppraisalRoom, Room, Seen, TRIES, is_overtaken};
use super::ticket_actions::Answered;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::object;
use crate::views::appraisal::{AppraisalFormSaved, AppraisalFormView, AppraisalPerson};
use crate::views::duty::OrganisationRef;

/// 自评. Like the form it has no `Debug`: nothing of it may find its way into a log.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfRatingInput {
    /// `excellent`, `qualified`, `basically_qualified` or `unqualified`.
    #[schema(value_type = String)]
    grade: Grade,
    /// 1 to 2,000 characters.
    text: String,
}

/// A grade for somebody else.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingInput {
    #[schema(value_type = String)]
    member_id: MemberId,
    /// `excellent`, `qualified`, `basically_qualified` or `unqualified`.
    #[schema(value_type = String)]
    grade: Grade,
}

/// A participant's form, whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppraisalFormInput {
    /// Of full members; of probationary ones none.
    #[serde(rename = "self", default, deserialize_with = "object::object")]
    own: Option<SelfRatingInput>,
    /// One for each other full member.
    #[serde(deserialize_with = "listed")]
    ratings: Vec<RatingInput>,
}

/// A form of somebody who is no member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppraisalOpinionInput {
    /// One for each full member whom the person knows, one at least.
    #[serde(deserialize_with = "listed")]
    ratings: Vec<RatingInput>,
}

fn listed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RatingInput>, D::Error> {
    object::list(deserializer)?.ok_or_else(|| D::Error::custom("a list is needed"))
}

/// Reads the caller's own form, and whom it rates.
#[utoipa::path(tag = "appraisals", operation_id = "get_appraisal_form", params(("id" = String, Path)),
    responses((status = 200, body = AppraisalFormView)))]
#[get("/api/v1/appraisals/{id}/form")]
pub async fn read_form(who: Authenticated, id: web::Path<String>, room: Room) -> Result<HttpResponse, ApiError> {
    let seen = room.seen(who.caller(), &id).await?;
    let own = seen.participates()?.clone();
    room.form(&seen, Some(&own), &who).await
}

/// Reads the caller's own opinion as one of 群众, and whom it may rate.
#[utoipa::path(tag = "appraisals", operation_id = "get_appraisal_opinion", params(("id" = String, Path)),
    responses((status = 200, body = AppraisalFormView)))]
#[get("/api/v1/appraisals/{id}/opinion")]
pub async fn read_opinion(who: Authenticated, id: web::Path<String>, room: Room) -> Result<HttpResponse, ApiError> {
    let seen = room.seen(who.caller(), &id).await?;
    seen.is_asked()?;
    room.form(&seen, None, &who).await
}

/// Sends a participant's form (自评与互评), or sends it anew, until the deadline. It takes no idempotency key: sending the same
/// twice is the same, and nothing of it is kept elsewhere.
#[utoipa::path(tag = "appraisals", operation_id = "send_appraisal_form", params(("id" = String, Path)),
    request_body = AppraisalFormInput, responses((status = 200, body = AppraisalFormSaved)))]
#[put("/api/v1/appraisals/{id}/form")]
pub async fn send_form(
    id: web::Path<String>,
    call: Call<AppraisalFormInput>,
    room: Room,
    commits: CommitsData,
) -> Answered {
    let form = |seen: &Seen| {
        let rater = seen.participates()?;
        seen.appraisal.check_rating(seen.now)?;
        let own = call.body.own.as_ref().map(|own| (own.grade, own.text.as_str()));
        Form::of_participant(&seen.people, rater, own, by_member(&call.body.ratings)?)
    };
    room.send(&call, &id, &commits, form).await
}

/// Sends the opinion of one of 群众, or sends it anew, until the deadline; as for a participant's form without a key.
#[utoipa::path(tag = "appraisals", operation_id = "send_appraisal_opinion", params(("id" = String, Path)),
    request_body = AppraisalOpinionInput, responses((status = 200, body = AppraisalFormSaved)))]
#[put("/api/v1/appraisals/{id}/opinion")]
pub async fn send_opinion(
    id: web::Path<String>,
    call: Call<AppraisalOpinionInput>,
    room: Room,
    commits: CommitsData,
) -> Answered {
    let form = |seen: &Seen| {
        seen.is_asked()?;
        seen.appraisal.check_rating(seen.now)?;
        Form::of_mass(&seen.people, by_member(&call.body.ratings)?)
    };
    room.send(&call, &id, &commits, form).await
}

/// Grades by member, each named once.
fn by_member(ratings: &[RatingInput]) -> Result<BTreeMap<MemberId, Grade>, Refusal> {
    let mut found = BTreeMap::new();
    for rating in ratings {
        if found.insert(rating.member_id, rating.grade).is_some() {
            return Err(FieldError::new("ratings", "field.duplicate", "同一名党员评了两次").into());
        }
    }
    Ok(found)
}

impl AppraisalRoom {
    async fn form(
        &self,
        seen: &Seen,
        own: Option<&Participant>,
        who: &Authenticated,
    ) -> Result<HttpResponse, ApiError> {
        let (appraisal, state) = (&seen.appraisal, seen.appraisal.state(seen.now));
        let sent = self.desk.appraisals.form(appraisal.id, who.caller().account_id).await?;
        let is_other = |person: &&Participant| own.is_none_or(|own| own.member_id != person.member_id);
        let rated = seen.people.iter().filter(|person| person.is_graded()).filter(is_other);
        let directory = self.desk.directories.current();
        let view = AppraisalFormView {
            appraisal_id: appraisal.id,
            topic: appraisal.plan.topic.clone(),
            org: OrganisationRef::of(appraisal.organisation_id, directory.organisations()),
            state: state.as_str().to_owned(),
            state_title: state.title().to_owned(),
            deadline: appraisal.plan.deadline,
            submitted: seen.submitted(),
            editable: state == AppraisalState::Rating,
            rates_self: own.is_some_and(Participant::is_graded),
            own: None,
            ratings: Vec::new(),
            people: rated.map(AppraisalPerson::from).collect(),
        };
        Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(view.with(sent.as_ref())))
    }

    /// Keeps a form that `make` makes for the appraisal as it stands; again when it was changed meanwhile.
    async fn send<T>(
        &self,
        call: &Call<T>,
        id: &str,
        commits: &CommitsData,
        make: impl Fn(&Seen) -> Result<Form, Refusal>,
    ) -> Answered {
        let mut tries = 0;
        loop {
            let seen = self.seen(&call.caller, id).await?;
            let form = make(&seen)?;
            let mut change = call.change(seen.now);
            self.desk.write_form(&seen.appraisal, call.caller.account_id, &form, &mut change);
            let saved = AppraisalFormSaved {
                appraisal_id: seen.appraisal.id,
                submitted: true,
                deadline: seen.appraisal.plan.deadline,
            };
            // Without key: a hash of the few grades that there are would tell which they were.
            let done = commits.commit(&None, change, 200, &saved, || ApiError::Internal).await;
            tries += 1;
            if tries == TRIES || !is_overtaken(&done) {
                return done;
            }
        }
    }
}
