//! The courier tries again, later each time, and gives up in the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use lianxin_actors::courier::{Courier, CourierBell, SMS, SendError, Sms, SmsGateway};
use lianxin_domain::clock::Clock;
use lianxin_storage::change::Change;
use lianxin_storage::deliveries::Deliveries;

use crate::support::World;

/// A provider that fails so often before it works.
struct Shaky {
    failures: u32,
    tries: AtomicU32,
}

#[async_trait]
impl SmsGateway for Shaky {
    async fn send(&self, _: &Sms) -> Result<(), SendError> {
        let tried = self.tries.fetch_add(1, Ordering::SeqCst);
        if tried < self.failures { Err(SendError("no network".to_owned())) } else { Ok(()) }
    }
}

async fn owing(world: &World, failures: u32) -> (Courier, Arc<Shaky>) {
    let deliveries = Deliveries::new(world.database.clone(), world.secrets.column_cipher(Arc::clone(&world.entropy)));
    let sms = r#"{"phone":"19900000001","text":"您的验证码是 123456"}"#;
    for _ in 0..2 {
        // Owed twice under one key is owed once.
        let mut change = Change::new(world.clock.now(), None, None);
        change.write(deliveries.owe("sms-code:1", SMS, sms, world.clock.now()));
        world.journal.commit(change).await.unwrap();
    }
    let gateway = Arc::new(Shaky { failures, tries: AtomicU32::new(0) });
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let channel = Arc::clone(&gateway) as Arc<dyn SmsGateway>;
    (Courier::new(clock, world.journal.clone(), deliveries, channel, &CourierBell::default()), gateway)
}

#[actix_rt::test]
async fn a_message_is_tried_again_after_a_growing_pause_and_sent_once() {
    let world = World::new().await;
    let (courier, gateway) = owing(&world, 2).await;
    assert_eq!(courier.send_due().await, 1);
    assert_eq!(courier.send_due().await, 0);
    world.clock.advance(1_000);
    assert_eq!(courier.send_due().await, 1);
    world.clock.advance(1_999);
    assert_eq!(courier.send_due().await, 0);
    world.clock.advance(1);
    assert_eq!(courier.send_due().await, 1);
    world.clock.advance(3_600_000);
    assert_eq!(courier.send_due().await, 0);
    assert_eq!(gateway.tries.load(Ordering::SeqCst), 3);
}

#[actix_rt::test]
async fn a_message_that_never_goes_through_is_given_up() {
    let world = World::new().await;
    let (courier, gateway) = owing(&world, u32::MAX).await;
    for _ in 0..20 {
        courier.send_due().await;
        world.clock.advance(3_600_000);
    }
    assert_eq!(gateway.tries.load(Ordering::SeqCst), 8);
}
