//! How long a recording plays.
//!
//! Voice messages are measured by what is in them, never by what their header claims: recorders in browsers leave it
//! out, and a header of one second in front of an hour of sound must not pass.

use std::collections::HashMap;

use symphonia::core::errors::Error;
use symphonia::core::formats::FormatReader;
use symphonia::core::units::TimeBase;

use super::demux::{self, Container};
use super::error::{MediaError, shielded};
use super::format::{MediaFormat, MediaKind};
use super::mp4;

/// The longest voice message, in milliseconds.
pub const MAX_VOICE_MS: u64 = 60_000;
/// Recorders stop a moment after the button does.
const TOLERANCE_MS: u64 = 1_000;
/// A frame of AMR is 20 ms.
const AMR_FRAME_MS: u64 = 20;

/// Milliseconds that a voice message or video plays. `None` for a video that does not tell, and for everything that
/// does not play.
///
/// # Errors
/// [`MediaError::TooLong`] for a voice message above [`MAX_VOICE_MS`] (and a second of tolerance),
/// [`MediaError::Corrupt`] when the recording cannot be read or a voice message holds no sound.
pub fn audio_video_duration_ms(bytes: &[u8], format: MediaFormat) -> Result<Option<u64>, MediaError> {
    let unreadable = MediaError::Corrupt { what: "the recording cannot be read" };
    match format.kind() {
        MediaKind::Image | MediaKind::Document => Ok(None),
        MediaKind::Video => match format {
            MediaFormat::Webm => Ok(shielded(|| stated_or_measured(bytes)).unwrap_or_default()),
            _ => mp4::facts(bytes).map(|facts| facts.duration_ms).ok_or(unreadable),
        },
        MediaKind::Voice => {
            let measured = match format {
                MediaFormat::Amr | MediaFormat::AmrWb => amr_duration_ms(bytes),
                MediaFormat::M4a => mp4::facts(bytes).ok_or(unreadable)?.duration_ms,
                MediaFormat::OggOpus => shielded(|| measure_voice(bytes, Container::Ogg))?,
                MediaFormat::Mp3 => shielded(|| measure_voice(bytes, Container::Mp3))?,
                MediaFormat::Wav => shielded(|| measure_voice(bytes, Container::Wav))?,
                _ => shielded(|| measure_voice(bytes, Container::Matroska))?,
            };
            let duration_ms = measured.ok_or(MediaError::Corrupt { what: "the recording holds no sound" })?;
            if duration_ms > MAX_VOICE_MS + TOLERANCE_MS {
                return Err(MediaError::TooLong { duration_ms, limit_ms: MAX_VOICE_MS });
            }
            Ok(Some(duration_ms))
        }
    }
}

fn measure_voice(bytes: &[u8], container: Container) -> Result<Option<u64>, MediaError> {
    let mut reader = demux::open(bytes, container)?;
    measure(reader.as_mut(), MAX_VOICE_MS + TOLERANCE_MS)
}

fn stated_or_measured(bytes: &[u8]) -> Result<Option<u64>, MediaError> {
    let mut reader = demux::open(bytes, Container::Matroska)?;
    let info = *reader.media_info();
    let stated = info.duration.zip(info.time_base).and_then(|(ticks, base)| base.calc_duration(ticks));
    let stated = stated.and_then(|time| u64::try_from(time.as_millis()).ok()).filter(|millis| *millis > 0);
    if stated.is_some() { Ok(stated) } else { measure(reader.as_mut(), u64::MAX) }
}

/// Reads packets until the end, or until more than `enough_ms` are there. A recording that breaks off plays as long
/// as what is there; `None` when there is nothing.
fn measure(reader: &mut dyn FormatReader, enough_ms: u64) -> Result<Option<u64>, MediaError> {
    let mut finished_ms = 0;
    let mut span = Span::new(reader);
    loop {
        match reader.next_packet() {
            Ok(Some(packet)) => {
                let start = span.millis(packet.track_id, packet.pts.get());
                let ticks = i64::try_from(packet.dur.get()).unwrap_or(i64::MAX);
                let end = span.millis(packet.track_id, packet.pts.get().saturating_add(ticks));
                span.extend(start, end);
                if span.length_ms().is_some_and(|length| finished_ms + length > enough_ms) {
                    break;
                }
            }
            // Ogg files can be chained: the next one starts at zero again.
            Err(Error::ResetRequired) => {
                finished_ms += span.length_ms().unwrap_or_default();
                span = Span::new(reader);
            }
            Err(error) if demux::is_exhausted(&error) => {
                return Err(MediaError::Corrupt { what: "the recording is read in circles" });
            }
            Ok(None) | Err(_) => break,
        }
    }
    let total = finished_ms + span.length_ms().unwrap_or_default();
    Ok((total > 0).then_some(total))
}

/// From the start of the first packet to the end of the last one.
struct Span {
    bases: HashMap<u32, TimeBase>,
    bounds: Option<(u64, u64)>,
}

impl Span {
    fn new(reader: &dyn FormatReader) -> Self {
        let bases = reader.tracks().iter().filter_map(|track| Some((track.id, track.time_base?))).collect();
        Self { bases, bounds: None }
    }

    /// Encoders start a little before zero; that part is not played.
    fn millis(&self, track: u32, ticks: i64) -> Option<u64> {
        let base = self.bases.get(&track)?;
        let millis = i128::from(ticks) * 1_000 * i128::from(base.numer.get()) / i128::from(base.denom.get());
        // Half the range is plenty, and sums of two stay in it.
        Some(u64::try_from(millis.max(0)).unwrap_or(u64::MAX).min(u64::MAX / 4))
    }

    fn extend(&mut self, start: Option<u64>, end: Option<u64>) {
        let (Some(start), Some(end)) = (start, end) else { return };
        let (first, last) = self.bounds.unwrap_or((start, end));
        self.bounds = Some((first.min(start), last.max(end)));
    }

    fn length_ms(&self) -> Option<u64> {
        self.bounds.map(|(first, last)| last - first)
    }
}

/// Bytes of an AMR frame by its type, with the header byte. 0 marks types that do not exist.
const NARROW_FRAMES: [usize; 16] = [13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1];
const WIDE_FRAMES: [usize; 16] = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1];
/// First bytes of narrow-band AMR.
pub(super) const AMR_MAGIC: &[u8] = b"#!AMR\n";
/// First bytes of wide-band AMR.
pub(super) const AMR_WB_MAGIC: &[u8] = b"#!AMR-WB\n";

/// Counts the frames of an AMR file (RFC 4867 §5), 20 ms each; `None` without a whole frame. Counting stops at a
/// frame type that does not exist and at a frame that is cut off.
fn amr_duration_ms(bytes: &[u8]) -> Option<u64> {
    let (sizes, mut rest) = match bytes.strip_prefix(AMR_WB_MAGIC) {
        Some(rest) => (WIDE_FRAMES, rest),
        None => (NARROW_FRAMES, bytes.strip_prefix(AMR_MAGIC)?),
    };
    let mut frames: u64 = 0;
    while let Some(header) = rest.first() {
        let size = sizes[usize::from((header >> 3) & 0x0F)];
        match rest.get(size..) {
            Some(after) if size > 0 => rest = after,
            _ => break,
        }
        frames += 1;
    }
    (frames > 0).then_some(frames * AMR_FRAME_MS)
}

#[cfg(test)]
mod tests;
