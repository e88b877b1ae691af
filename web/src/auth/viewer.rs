//! Who looks: a person, or a big screen that was paired to one target. The few calls that screens may make take this
//! extractor; all others take [`Authenticated`](super::Authenticated) or [`Call`](crate::call::Call).

use std::sync::Arc;

use actix_web::HttpRequest;
use lianxin_actors::hub::Owner;
use lianxin_domain::access::Caller;
use lianxin_domain::screen::Reader;
use lianxin_storage::screens::Screen;
use lianxin_storage::sessions::LiveSession;

use super::identify;
use crate::error::ApiError;

/// Who looks.
#[derive(Clone)]
pub enum Viewer {
    /// Somebody who is signed in.
    Person(Arc<LiveSession>),
    /// A big screen.
    Screen(Arc<Screen>),
}

impl Viewer {
    /// What may be read.
    pub fn reader(&self) -> Reader {
        match self {
            Self::Person(session) => Reader::Person(session.caller.scope()),
            Self::Screen(screen) => Reader::Screen { id: screen.id, target: screen.target() },
        }
    }

    /// The person, unless it is a screen.
    pub fn person(&self) -> Option<&Caller> {
        match self {
            Self::Person(session) => Some(&session.caller),
            Self::Screen(_) => None,
        }
    }

    /// Whose a live connection of this viewer is.
    pub fn owner(&self) -> Owner {
        match self {
            Self::Person(session) => {
                let (account_id, session_id) = (session.caller.account_id, session.caller.session_id);
                Owner::Person { account_id, session_id }
            }
            Self::Screen(screen) => Owner::Screen(screen.id),
        }
    }
}

impl actix_web::FromRequest for Viewer {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { identify(&request).await })
    }
}
