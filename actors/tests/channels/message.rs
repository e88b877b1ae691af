//! What is sent, and to whom.

use lianxin_actors::channel::{Message, PushHosts, Subscription};

use crate::other_side::browser::Browser;
use crate::other_side::server::{Got, Server};

pub fn message(key: &str, to: &str) -> Message {
    Message {
        key: key.to_owned(),
        to: to.to_owned(),
        title: "工单超时".to_owned(),
        text: "网格 3 的工单已超过时限，请尽快处理。".to_owned(),
        url: Some("/tickets/7".to_owned()),
        code: None,
        urgent: false,
    }
}

impl Server {
    /// The one request that came since the last time.
    pub fn take_one(&self) -> Got {
        let mut got = self.take();
        assert_eq!(got.len(), 1);
        got.remove(0)
    }
}

impl Browser {
    pub fn subscribe(&self, endpoint: &str, hosts: &PushHosts) -> Subscription {
        Subscription::parse(endpoint, &self.p256dh(), &self.auth(), hosts).unwrap()
    }
}
