//! The OpenAPI document, made from the handlers themselves.

mod contract;

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::api;
use crate::views::grid::CountersView;

use self::contract::Contract;

/// A grid's board as the live channel and `GET …/board` give it; written by the actors, described here.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardState {
    #[serde(flatten)]
    counters: CountersView,
    grid_id: String,
    seq: u64,
    /// The moment that was asked for; on boards of the past only.
    at: Option<String>,
    today: BoardToday,
    kinds: Vec<BoardKind>,
    times: BoardTimes,
    ladder: Vec<BoardLadder>,
    slowest: Vec<BoardSlow>,
    /// In snapshots only.
    open: Option<Vec<BoardPoint>>,
    /// In snapshots only.
    feed: Option<Vec<BoardEvent>>,
    /// In snapshots only.
    grids_total: Option<u32>,
    /// In snapshots only.
    staff_total: Option<u32>,
}

/// Since local midnight.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardToday {
    submitted: i64,
    accepted: i64,
    completed: i64,
    rated: i64,
    /// Folded ones too.
    nudged: i64,
    escalated: i64,
    satisfied_pct: Option<f64>,
}

/// Requests of one kind, today.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardKind {
    kind: String,
    title: String,
    count: i64,
}

/// Times against their limits, today.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardTimes {
    accept_avg_s: Option<i64>,
    accept_within_pct: Option<f64>,
    accept_limit_s: i64,
    finish_avg_s: Option<i64>,
    finish_within_pct: Option<f64>,
    finish_limit_s: i64,
}

/// Open tickets of one level.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardLadder {
    level: u8,
    level_title: String,
    count: i64,
    /// How many of them climbed to it.
    escalated: i64,
    /// How many of them are late.
    overdue: i64,
}

/// A slow sub-area.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardSlow {
    grid_id: String,
    name: String,
    accept_avg_s: i64,
    waiting: i64,
}

/// An open ticket on the map.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardPoint {
    ticket_id: String,
    grid_id: String,
    kind: String,
    state: String,
    lng: Option<f64>,
    lat: Option<f64>,
    overdue: bool,
    escalated: bool,
}

/// An event as boards see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoardEvent {
    seq: u64,
    at: String,
    /// `ticket.accepted` …
    kind: String,
    ticket_id: String,
    grid_id: String,
    grid_name: String,
    ticket_kind: String,
    kind_title: String,
    state: String,
    overdue: bool,
    escalated: bool,
    lng: Option<f64>,
    lat: Option<f64>,
    text: String,
}

/// A form with one file.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "forms are read as they come; this describes them")]
pub struct FileForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The problem document (RFC 9457) of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    r#type: String,
    title: String,
    status: u16,
    /// Stable, machine-readable.
    code: String,
    /// Chinese, for people.
    detail: String,
    fields: Option<Vec<ProblemField>>,
    request_id: Option<String>,
}

/// A field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    field: String,
    code: String,
    message: String,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "连心 Lianxin", description = "Grids, tickets, organisations and the live channel."),
    components(schemas(Problem, BoardState)),
    modifiers(&Contract),
    paths(
        api::login::login,
        api::phone_login::sms_code,
        api::phone_login::sms_login,
        api::auth::change_password,
        api::auth::logout,
        api::accounts::me,
        api::accounts::update_profile,
        api::meeting_types::list,
        api::meeting_types::create,
        api::meeting_types::edit,
        api::meeting_types::remove,
        api::meetings::create,
        api::meeting_lists::list,
        api::meetings::get,
        api::meetings::edit,
        api::meetings::remove,
        api::meeting_actions::launch,
        api::meeting_actions::cancel,
        api::meeting_actions::start,
        api::meeting_actions::end,
        api::meeting_actions::archive,
        api::meeting_actions::move_agenda,
        api::meeting_actions::reply,
        api::meeting_actions::sign_up,
        api::meeting_actions::ask_leave,
        api::meeting_actions::withdraw_leave,
        api::meeting_actions::decide_leave,
        api::meeting_actions::add_guest,
        api::meeting_actions::substitute,
        api::delegations::invite,
        api::delegations::name,
        api::meeting_actions::hand,
        api::meeting_actions::roster,
        api::meeting_notes::read,
        api::meeting_notes::write,
        api::votes::list,
        api::votes::prepare,
        api::votes::edit,
        api::votes::remove,
        api::votes::open,
        api::votes::close,
        api::votes::publish,
        api::votes::reset,
        api::ballots::cast,
        api::ballots::ballots,
        api::ballots::check,
        api::minutes::read,
        api::minutes::write,
        api::minutes::sign,
        api::minutes::reopen,
        api::minutes_documents::docx,
        api::minutes_documents::pdf,
        api::minutes_documents::xlsx,
        api::meeting_media::list,
        api::meeting_media::add,
        api::meeting_media::remove,
        api::meeting_ratings::read,
        api::meeting_ratings::rate,
        api::attendance_sheets::of_meeting,
        api::attendance::statistics,
        api::attendance_sheets::statistics,
        api::attendance::own,
        api::calendar_links::make,
        api::calendar_links::get,
        api::calendar_links::end,
        api::calendar_links::read,
        api::sign_in::current_code,
        api::sign_in::claim_by_code,
        api::sign_in::sign_in,
        api::sign_in::online,
        api::sign_in::manual,
        api::sign_in::sign_out,
        api::supervision::page,
        api::supervision::visit,
        api::supervision::visits,
        api::supervision::nudge,
        api::entry_services::list,
        api::entry_services::read,
        api::policies::list,
        api::policies::create,
        api::policies::get,
        api::policies::edit,
        api::policies::remove,
        api::service_links::list,
        api::service_links::create,
        api::service_links::edit,
        api::service_links::remove,
        api::service_record_lists::list,
        api::service_record_lists::counts,
        api::service_records::create,
        api::service_records::get,
        api::service_records::edit,
        api::service_records::remove,
        api::life_lists::list,
        api::life_lists::mine,
        api::life_meetings::create,
        api::life_meetings::get,
        api::life_meetings::edit,
        api::life_meetings::remove,
        api::life_materials::own,
        api::life_materials::submit,
        api::life_materials::list,
        api::life_materials::read,
        api::life_materials::approve,
        api::life_materials::put_back,
        api::life_report::link,
        api::life_report::read,
        api::life_report::write,
        api::duties::list,
        api::duty_figures::summary,
        api::duty_figures::calendar,
        api::duty_figures::branches,
        api::duty_orders::nudge,
        api::duties::handle,
        api::duty_rules::list,
        api::duty_rules::put,
        api::duty_orders::give,
        api::duty_orders::list,
        api::duty_orders::answer,
        api::duty_orders::close,
        api::duty_rules::cadres,
        api::duty_rules::put_cadres,
        api::appraisals::create,
        api::appraisals::list,
        api::appraisals::mine,
        api::appraisals::get,
        api::appraisals::edit,
        api::appraisals::remove,
        api::appraisals::start,
        api::appraisal_forms::read_form,
        api::appraisal_forms::send_form,
        api::appraisal_forms::read_opinion,
        api::appraisal_forms::send_opinion,
        api::appraisal_grades::link_meeting,
        api::appraisal_grades::results,
        api::appraisal_grades::grade,
        api::appraisal_grades::meet,
        api::appraisal_grades::reopen,
        api::appraisal_grades::acknowledge,
        api::entry::scan,
        api::entry::ticket_kinds,
        api::grids::tree,
        api::grids::get,
        api::grids::board,
        api::grids::locate,
        api::grid_search::search,
        api::grids::qr_svg,
        api::grids::qr_png,
        api::grids::staff_phone,
        api::grid_admin::create,
        api::grid_admin::update,
        api::grid_admin::rotate_code,
        api::grid_areas::check,
        api::grid_moves::move_under,
        api::grid_staff::candidates,
        api::grid_admin::assign,
        api::grid_admin::dismiss,
        api::grid_sheets::template,
        api::grid_sheets::import_grids,
        api::grid_sheets::export,
        api::staff_sheets::template,
        api::staff_sheets::import_staff,
        api::staff_sheets::export,
        api::organisations::tree,
        api::organisations::list,
        api::organisations::get,
        api::organisations::roles,
        api::organisation_admin::create,
        api::organisation_admin::update,
        api::organisation_admin::remove,
        api::organisation_admin::grant_role,
        api::organisation_admin::revoke_role,
        api::organisation_sheets::template,
        api::organisation_sheets::import_organisations,
        api::organisation_sheets::export,
        api::members::list,
        api::members::get,
        api::members::create,
        api::members::update,
        api::members::remove,
        api::photos::set,
        api::photos::remove,
        api::photos::get,
        api::photos::of_attendee,
        api::member_sheets::template,
        api::member_sheets::import_members,
        api::member_sheets::export,
        api::staff_accounts::create,
        api::staff_accounts::reset_password,
        api::service_levels::get,
        api::service_levels::put,
        api::service_levels::preview,
        api::calendar::get,
        api::calendar::put_calendar,
        api::calendar::take_notice,
        api::calendar::preview,
        api::tickets::submit,
        api::ticket_lists::list,
        api::ticket_sheets::export,
        api::ticket_sheets::statistics,
        api::ticket_statistics::statistics,
        api::tickets::get,
        api::tickets::timeline,
        api::ticket_actions::accept,
        api::ticket_actions::complete,
        api::ticket_actions::put_back,
        api::ticket_reassign::reassign,
        api::ticket_reassign::reassign_many,
        api::ticket_actions::nudge,
        api::ticket_actions::read_nudge,
        api::ticket_actions::withdraw,
        api::ticket_actions::rate,
        api::ticket_actions::reopen,
        api::ticket_actions::comment,
        api::ticket_actions::contact,
        api::ticket_clock::pause,
        api::ticket_clock::resume,
        api::ticket_clock::request_extension,
        api::ticket_clock::decide_extension,
        api::ticket_clock::due,
        api::known_requests::make_known,
        api::known_requests::conceal,
        api::known_requests::join,
        api::known_requests::leave,
        api::known_requests::list_joined,
        api::known_requests::list_nearby,
        api::inbox::list,
        api::inbox::count_unread,
        api::inbox::mark_read,
        api::reachability::get_wishes,
        api::reachability::put_wishes,
        api::reachability::push_key,
        api::reachability::subscribe,
        api::reachability::subscriptions,
        api::reachability::unsubscribe,
        api::webhooks::list,
        api::webhooks::create,
        api::webhooks::edit,
        api::webhooks::remove,
        api::webhooks::renew_secret,
        api::webhook_deliveries::list,
        api::webhook_deliveries::ping,
        api::webhook_deliveries::redeliver,
        api::deliveries::list,
        api::deliveries::counts,
        api::integrations::list,
        api::integrations::create,
        api::integrations::edit,
        api::integrations::renew_key,
        api::attachments::upload,
        api::attachments::download,
        api::screens::open,
        api::screens::get_own,
        api::screens::pair,
        api::screens::list,
        api::screens::retarget,
        api::screens::release,
        crate::live::socket::live,
        crate::live::sse::sse,
        api::health::healthz,
        api::health::readyz,
    )
)]
struct Document;

/// The document, pretty-printed.
pub fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

/// The OpenAPI document.
#[get("/api/v1/openapi.json")]
pub async fn serve_document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document())
}
