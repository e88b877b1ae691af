//! The local twin of the paid channels: a file that developers and tests read.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{ChannelName, Gateway, Message, Receipt, SendError};

/// Appends each message as one line of JSON to `<data_dir>/outbox/<channel>.jsonl`, once per key.
///
/// What it has taken is in the file alone, so the promise holds over a crash at any point, and between processes
/// that share the folder: they take turns by a lock on the file and read each other's lines first.
pub struct OutboxFile {
    channel: ChannelName,
    cost_milli_fen: i64,
    taken: Arc<Mutex<Taken>>,
}

impl OutboxFile {
    /// The file of `channel`, for messages of that price.
    ///
    /// # Errors
    /// When the folder or the file cannot be made or read.
    pub fn open(data_dir: &Path, channel: ChannelName, cost_milli_fen: i64) -> io::Result<Self> {
        let folder = data_dir.join("outbox");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{channel}.jsonl"));
        let file = File::options().create(true).read(true).append(true).open(path)?;
        let mut taken = Taken { file, read_to: 0, lines: 0, receipts: HashMap::new() };
        taken.locked(Taken::catch_up)?;
        Ok(Self { channel, cost_milli_fen, taken: Arc::new(Mutex::new(taken)) })
    }
}

#[async_trait(?Send)]
impl Gateway for OutboxFile {
    async fn send(&self, message: &Message) -> Result<Receipt, SendError> {
        let (channel, cost, message) = (self.channel, self.cost_milli_fen, message.clone());
        let taken = Arc::clone(&self.taken);
        tokio::task::spawn_blocking(move || taken.lock().locked(|taken| taken.take(channel, cost, &message)))
            .await
            .map_err(|error| SendError::again(error.to_string()))?
            .map_err(|error| SendError::again(error.to_string()))
    }
}

/// A line, as it is written.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    openid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    title: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    urgent: bool,
    key: &'a str,
    cost_milli_fen: i64,
    reference: &'a str,
}

/// What has to be known of a line again. Lines of older versions have no key.
#[derive(Deserialize)]
struct Known {
    key: String,
    #[serde(default)]
    cost_milli_fen: i64,
    reference: Option<String>,
}

/// The file, and what of it has been read.
struct Taken {
    file: File,
    read_to: u64,
    lines: usize,
    receipts: HashMap<String, Receipt>,
}

impl Taken {
    /// Does `work` while no other process appends.
    fn locked<T>(&mut self, work: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        self.file.lock()?;
        let done = work(self);
        self.file.unlock()?;
        done
    }

    fn take(&mut self, channel: ChannelName, cost_milli_fen: i64, message: &Message) -> io::Result<Receipt> {
        self.catch_up()?;
        if let Some(receipt) = self.receipts.get(&message.key) {
            return Ok(receipt.clone());
        }
        let to = |channels: &[ChannelName]| channels.contains(&channel).then_some(message.to.as_str());
        let reference = format!("{channel}.jsonl:{}", self.lines + 1);
        let line = Line {
            phone: to(&[ChannelName::Sms, ChannelName::Voice]),
            openid: to(&[ChannelName::Wechat]),
            to: to(&[ChannelName::Push]),
            title: &message.title,
            text: &message.text,
            code: message.code.as_deref(),
            url: message.url.as_deref(),
            urgent: message.urgent,
            key: &message.key,
            cost_milli_fen,
            reference: &reference,
        };
        let mut line = serde_json::to_vec(&line)?;
        line.push(b'\n');
        // One write: who reads along sees whole lines.
        self.file.write_all(&line)?;
        self.catch_up()?;
        Ok(Receipt { cost_milli_fen, reference: Some(reference) })
    }

    /// Reads what was appended since the last time, and closes a last line that a crash tore off.
    fn catch_up(&mut self) -> io::Result<()> {
        if self.file.metadata()?.len() < self.read_to {
            // Somebody emptied the file: nothing in it is taken any more.
            (self.read_to, self.lines) = (0, 0);
            self.receipts.clear();
        }
        let mut appended = Vec::new();
        self.file.seek(SeekFrom::Start(self.read_to))?;
        self.file.read_to_end(&mut appended)?;
        let whole = appended.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in appended[..whole].split_inclusive(|byte| *byte == b'\n') {
            self.lines += 1;
            self.remember(line);
        }
        self.read_to += whole as u64;
        let torn = &appended[whole..];
        if torn.is_empty() {
            return Ok(());
        }
        if self.remember(torn) {
            // Only its end is missing.
            self.file.write_all(b"\n")?;
            self.lines += 1;
            self.read_to += torn.len() as u64 + 1;
        } else {
            // It was never answered for, so its message comes again.
            self.file.set_len(self.read_to)?;
        }
        Ok(())
    }

    /// Whether `line` is one of ours.
    fn remember(&mut self, line: &[u8]) -> bool {
        let Ok(Known { key, cost_milli_fen, reference }) = serde_json::from_slice(line) else { return false };
        self.receipts.entry(key).or_insert(Receipt { cost_milli_fen, reference });
        true
    }
}
