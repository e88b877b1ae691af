//! Opens sound and video containers with symphonia, whose work is bounded by the bytes it may read.

use std::io::{Cursor, Error, ErrorKind, Read, Result as IoResult, Seek, SeekFrom};

use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::formats::{MkvReader, MpaReader, OggReader, WavReader};

use super::error::{MediaError, shielded};

/// The containers symphonia reads for us. MP4 is read by [`super::mp4`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// WebM.
    Matroska,
    /// Ogg.
    Ogg,
    /// RIFF WAVE.
    Wav,
    /// Bare MPEG audio frames, with or without an ID3 tag in front.
    Mp3,
}

/// Opens `bytes` as exactly this container: nothing is guessed, so one file cannot be two things.
pub(super) fn open(bytes: &[u8], container: Container) -> Result<Box<dyn FormatReader + '_>, MediaError> {
    let bytes = if container == Container::Mp3 { without_id3(bytes) } else { bytes };
    // An honest file is read once or twice; tables of contents that send the reader back and forth run dry.
    let ration = 4 * bytes.len() as u64 + 1024 * 1024;
    let source = Rationed { bytes: Cursor::new(bytes), ration };
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let options = FormatOptions::default();
    let reader: Result<Box<dyn FormatReader + '_>, _> = match container {
        Container::Matroska => MkvReader::try_new(stream, options).map(|reader| Box::new(reader) as _),
        Container::Ogg => OggReader::try_new(stream, options).map(|reader| Box::new(reader) as _),
        Container::Wav => WavReader::try_new(stream, options).map(|reader| Box::new(reader) as _),
        Container::Mp3 => MpaReader::try_new(stream, options).map(|reader| Box::new(reader) as _),
    };
    reader.map_err(|_| MediaError::Corrupt { what: "the recording cannot be opened" })
}

/// Whether reading ended because the ration of [`open`] was used up. What was seen until then proves nothing.
pub(super) fn is_exhausted(error: &SymphoniaError) -> bool {
    matches!(error, SymphoniaError::IoError(error) if error.kind() == ErrorKind::QuotaExceeded)
}

/// Whether a WebM file has sound only (`false`) or also pictures (`true`). A track of an unknown codec counts as
/// pictures, so that nothing is taken for a voice message that is not one.
pub(super) fn webm_has_video(bytes: &[u8]) -> Result<bool, MediaError> {
    shielded(|| {
        let reader = open(bytes, Container::Matroska)?;
        let tracks = reader.tracks();
        if tracks.is_empty() {
            return Err(MediaError::Corrupt { what: "the recording has no track" });
        }
        Ok(tracks.iter().any(|track| track.track_type() != Some(TrackType::Audio)))
    })
}

/// Drops the ID3v2 tag in front: the tag reader of symphonia is not built in.
fn without_id3(bytes: &[u8]) -> &[u8] {
    let Some(header) = bytes.first_chunk::<10>() else {
        return bytes;
    };
    if !header.starts_with(b"ID3") {
        return bytes;
    }
    // 4 × 7 bits; a footer of 10 bytes when flagged.
    let size = header[6..].iter().fold(0, |size, byte| (size << 7) | usize::from(byte & 0x7F));
    let footer = if header[5] & 0x10 != 0 { 10 } else { 0 };
    bytes.get(10 + size + footer..).unwrap_or_default()
}

/// A source that ends with an error after so many bytes, however often the reader jumps back.
struct Rationed<'a> {
    bytes: Cursor<&'a [u8]>,
    ration: u64,
}

impl Read for Rationed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        let read = self.bytes.read(buffer)?;
        let left = self.ration.checked_sub(read as u64);
        // Once it is used up it stays so: readers try again with fewer bytes.
        self.ration = left.unwrap_or_default();
        left.map(|_| read).ok_or_else(|| Error::new(ErrorKind::QuotaExceeded, "the file is read in circles"))
    }
}

impl Seek for Rationed<'_> {
    fn seek(&mut self, position: SeekFrom) -> IoResult<u64> {
        self.bytes.seek(position)
    }
}

impl MediaSource for Rationed<'_> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.bytes.get_ref().len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webm_tells_sound_from_video() {
        assert_eq!(webm_has_video(include_bytes!("../../tests/fixtures/voice.webm")), Ok(false));
        assert_eq!(webm_has_video(include_bytes!("../../tests/fixtures/voice_live.webm")), Ok(false));
        assert_eq!(webm_has_video(include_bytes!("../../tests/fixtures/video.webm")), Ok(true));
        assert_eq!(webm_has_video(include_bytes!("../../tests/fixtures/video_live.webm")), Ok(true));
        assert!(webm_has_video(b"\x1A\x45\xDF\xA3").is_err());
    }

    #[test]
    fn a_container_is_not_opened_as_another() {
        let ogg = include_bytes!("../../tests/fixtures/voice.ogg");
        for container in [Container::Matroska, Container::Wav] {
            assert!(open(ogg, container).is_err(), "{container:?}");
        }
    }

    #[test]
    fn the_ration_ends_reading_in_circles() {
        let mut source = Rationed { bytes: Cursor::new(&[0; 100]), ration: 250 };
        let mut buffer = [0; 100];
        assert!(source.read(&mut buffer).is_ok());
        source.rewind().unwrap();
        assert!(source.read(&mut buffer).is_ok());
        source.rewind().unwrap();
        assert!(source.read(&mut buffer).is_err());
        source.rewind().unwrap();
        assert!(source.read(&mut buffer[..1]).is_err(), "it stays used up");
    }

    #[test]
    fn an_id3_tag_is_skipped_whole() {
        assert_eq!(without_id3(b"ID3\x04\0\0\0\0\x01\x02...\xFF\xFB"), b"");
        let tag = [&b"ID3\x04\0\x10\0\0\0\x02"[..], b"ab", b"3DI-------", b"\xFF\xFB"].concat();
        assert_eq!(without_id3(&tag), b"\xFF\xFB");
        assert_eq!(without_id3(b"\xFF\xFB\x90"), b"\xFF\xFB\x90");
    }
}
