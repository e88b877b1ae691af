//! Channels made up for the case: they remember what they took and fail as they are told to.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use async_trait::async_trait;
use lianxin_actors::channel::{Gateway, Message, Receipt, SendError};
use lianxin_actors::courier::Gateways;
use lianxin_domain::notification::ChannelSet;
use tokio::sync::Notify;

/// What a channel charges, in thousandths of a fen.
pub const COST: i64 = 45_000;

/// How the next try ends.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Trouble, with the pause that the channel asks for.
    Again(Option<i64>),
    /// Never.
    Gone,
    /// It takes the message, and its answer never comes.
    Silence,
}

/// One channel.
#[derive(Default)]
pub struct Fake {
    /// All tries, in their order.
    pub tries: RefCell<Vec<Message>>,
    /// Those of them that it took.
    pub taken: RefCell<Vec<Message>>,
    /// How the next tries end; when there are no more, the channel takes what comes.
    pub script: RefCell<VecDeque<Answer>>,
    /// Fails, whatever the script says.
    pub down: Cell<bool>,
    /// Rings at each try.
    pub heard: Notify,
}

impl Fake {
    pub fn then(&self, answers: impl IntoIterator<Item = Answer>) {
        self.script.borrow_mut().extend(answers);
    }

    /// Titles of what it took since it was last asked.
    pub fn titles(&self) -> Vec<String> {
        self.taken.take().into_iter().map(|message| message.title).collect()
    }

    /// Keys of all tries.
    pub fn keys(&self) -> Vec<String> {
        self.tries.borrow().iter().map(|message| message.key.clone()).collect()
    }
}

#[async_trait(?Send)]
impl Gateway for Fake {
    async fn send(&self, message: &Message) -> Result<Receipt, SendError> {
        self.tries.borrow_mut().push(message.clone());
        self.heard.notify_one();
        let answer = self.script.borrow_mut().pop_front();
        let again = |after_ms| Err(SendError::Again { why: "no network".to_owned(), after_ms });
        if self.down.get() {
            return again(None);
        }
        match answer {
            Some(Answer::Again(after_ms)) => return again(after_ms),
            Some(Answer::Gone) => return Err(SendError::Gone { why: "no such address".to_owned() }),
            Some(Answer::Silence) | None => self.taken.borrow_mut().push(message.clone()),
        }
        if matches!(answer, Some(Answer::Silence)) {
            std::future::pending::<()>().await;
        }
        Ok(Receipt { cost_milli_fen: COST, reference: Some(format!("no. {}", self.taken.borrow().len())) })
    }
}

/// All channels of a process.
#[derive(Clone, Default)]
pub struct FakeGateways {
    pub push: Rc<Fake>,
    pub wechat: Rc<Fake>,
    pub sms: Rc<Fake>,
    pub voice: Rc<Fake>,
}

impl FakeGateways {
    /// Those that are switched on.
    pub fn of(&self, channels: ChannelSet) -> Gateways {
        let when = |on: bool, channel: &Rc<Fake>| on.then(|| Rc::clone(channel) as Rc<dyn Gateway>);
        Gateways {
            push: when(channels.push, &self.push),
            wechat: when(channels.wechat, &self.wechat),
            sms: Rc::clone(&self.sms) as Rc<dyn Gateway>,
            voice: when(channels.voice, &self.voice),
        }
    }

    pub fn each(&self) -> [&Rc<Fake>; 4] {
        [&self.push, &self.wechat, &self.sms, &self.voice]
    }
}
