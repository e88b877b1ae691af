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
        // Everybody who is signed in.
        .service(api::auth::change_password)
        .service(api::auth::logout)
        .service(api::accounts::me)
        .service(api::accounts::update_profile)
        .service(api::grids::tree)
        .service(api::grids::locate)
        .service(api::grids::get)
        .service(api::grids::staff_phone)
        .service(api::attachments::upload)
        .service(api::attachments::download)
        .service(live::socket::live)
        .service(live::sse::sse)
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
        // Staff in their scope.
        .service(api::grids::board)
        .service(api::grids::qr_svg)
        .service(api::grids::qr_png)
        // Administrators of the subtree.
        .service(api::grid_admin::create)
        .service(api::grid_admin::update)
        .service(api::grid_admin::rotate_code)
        .service(api::grid_admin::assign)
        .service(api::grid_admin::dismiss)
        // Administrators of the tenant.
        .service(api::staff_accounts::create)
        .service(api::staff_accounts::reset_password)
        .configure(pages::routes);
}
