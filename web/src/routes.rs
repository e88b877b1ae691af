//! All routes, grouped by who calls.

use actix_web::web::ServiceConfig;

use crate::{api, live, openapi, pages};

/// Registers everything.
pub fn routes(config: &mut ServiceConfig) {
    config
        // Nobody needs to be signed in.
        .service(api::health::healthz)
        .service(api::health::readyz)
        .service(openapi::serve_document)
        .service(api::entry::scan)
        .service(api::entry::ticket_kinds)
        .service(api::login::login)
        .service(api::phone_login::sms_code)
        .service(api::phone_login::sms_login)
        .service(api::screens::open)
        // Big screens too, each for its one target: these take `Viewer`.
        .service(api::screens::get_own)
        .service(api::grids::tree)
        .service(api::grids::board)
        .service(live::socket::live)
        .service(live::sse::sse)
        // Everybody who is signed in.
        .service(api::auth::change_password)
        .service(api::auth::logout)
        .service(api::accounts::me)
        .service(api::accounts::update_profile)
        .service(api::grids::locate)
        .service(api::grids::get)
        .service(api::grids::staff_phone)
        // Organisations and members, as far as the caller sees them.
        .service(api::organisations::tree)
        .service(api::organisation_sheets::template)
        .service(api::organisation_sheets::export)
        .service(api::organisations::list)
        .service(api::organisations::get)
        .service(api::member_sheets::template)
        .service(api::member_sheets::export)
        .service(api::members::list)
        .service(api::members::get)
        .service(api::attachments::upload)
        .service(api::attachments::download)
        // One's own inbox and how one wants to be told.
        .service(api::inbox::list)
        .service(api::inbox::count_unread)
        .service(api::inbox::mark_read)
        .service(api::reachability::get_wishes)
        .service(api::reachability::put_wishes)
        .service(api::reachability::push_key)
        .service(api::reachability::subscribe)
        .service(api::reachability::subscriptions)
        .service(api::reachability::unsubscribe)
        // Tickets: each checks how the caller stands to it.
        .service(api::tickets::submit)
        .service(api::ticket_lists::list)
        .service(api::tickets::get)
        .service(api::tickets::timeline)
        .service(api::ticket_actions::accept)
        .service(api::ticket_actions::complete)
        .service(api::ticket_actions::put_back)
        .service(api::ticket_actions::reassign)
        .service(api::ticket_actions::nudge)
        .service(api::ticket_actions::read_nudge)
        .service(api::ticket_actions::withdraw)
        .service(api::ticket_actions::rate)
        .service(api::ticket_actions::reopen)
        .service(api::ticket_actions::comment)
        .service(api::ticket_actions::contact)
        .service(api::ticket_clock::pause)
        .service(api::ticket_clock::resume)
        .service(api::ticket_clock::request_extension)
        .service(api::ticket_clock::decide_extension)
        .service(api::ticket_clock::due)
        // All staff.
        .service(api::service_levels::get)
        .service(api::calendar::get)
        // Whoever may show something: each checks the right to the target.
        .service(api::screens::pair)
        .service(api::screens::list)
        .service(api::screens::retarget)
        .service(api::screens::release)
        // Staff in their scope.
        .service(api::grids::qr_svg)
        .service(api::grids::qr_png)
        // Administrators of the subtree.
        .service(api::grid_admin::create)
        .service(api::grid_admin::update)
        .service(api::grid_admin::rotate_code)
        .service(api::grid_admin::assign)
        .service(api::grid_admin::dismiss)
        // Administrators of the organisation's subtree.
        .service(api::organisation_sheets::import_organisations)
        .service(api::organisation_admin::create)
        .service(api::organisation_admin::update)
        .service(api::organisation_admin::remove)
        .service(api::organisations::roles)
        .service(api::organisation_admin::grant_role)
        .service(api::organisation_admin::revoke_role)
        // Who manages the organisation.
        .service(api::member_sheets::import_members)
        .service(api::members::create)
        .service(api::members::update)
        .service(api::members::remove)
        // Administrators of the tenant.
        .service(api::service_levels::put)
        .service(api::service_levels::preview)
        .service(api::calendar::put_calendar)
        .service(api::calendar::take_notice)
        .service(api::calendar::preview)
        .service(api::staff_accounts::create)
        .service(api::staff_accounts::reset_password)
        .service(api::deliveries::list)
        .service(api::deliveries::counts)
        .configure(pages::routes);
}
