//! Reads the boxes of an MP4 or QuickTime file: which tracks it has and how long they play.
//!
//! Own code instead of symphonia's demuxer: that one walks sample tables per packet, which a hostile file turns into
//! quadratic work, and knows no video codec. Here each box is looked at once.

/// What the boxes say.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mp4Facts {
    /// A track of moving pictures is there.
    pub has_video: bool,
    /// A track of sound is there.
    pub has_audio: bool,
    /// Playing time of the longest sound or video track in milliseconds; `None` when the file does not tell.
    pub duration_ms: Option<u64>,
}

#[derive(Default)]
struct Track {
    id: u32,
    handler: [u8; 4],
    timescale: u32,
    /// Time units of all samples.
    ticks: u64,
    /// Units of a sample in a fragment that does not state its own.
    default_ticks: u32,
}

/// Whether the major and compatible brands are those of films and sound (not pictures, not 3GPP).
pub(super) fn brand(bytes: &[u8]) -> Option<Brand> {
    const FOREIGN: [&[u8]; 10] =
        [b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1", b"avif", b"avis", b"crx ", b"jxl "];
    const KNOWN: [&[u8]; 7] = [b"mp41", b"mp42", b"avc1", b"M4A ", b"M4V ", b"dash", b"MSNV"];
    let (kind, body) = boxes(bytes).next()?;
    if &kind != b"ftyp" {
        return None;
    }
    let major = body.get(..4)?;
    let compatible = body.get(8..).unwrap_or_default();
    if FOREIGN.contains(&major) || major.starts_with(b"3g") {
        return None;
    }
    let is_known = |brand: &[u8]| KNOWN.contains(&brand) || brand.starts_with(b"iso");
    if major == b"qt  " {
        Some(Brand::QuickTime)
    } else if is_known(major) || compatible.chunks_exact(4).any(is_known) {
        Some(Brand::Mp4)
    } else {
        None
    }
}

/// The two containers of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brand {
    /// ISO MP4.
    Mp4,
    /// Apple QuickTime.
    QuickTime,
}

/// Reads the boxes; `None` when there is no movie box with a track (cut off, or not such a file).
pub(super) fn facts(bytes: &[u8]) -> Option<Mp4Facts> {
    let movie = boxes(bytes).find_map(|(kind, body)| (&kind == b"moov").then_some(body))?;
    let mut tracks: Vec<Track> = children(movie, b"trak").filter_map(track).collect();
    if tracks.is_empty() {
        return None;
    }
    for extends in children(movie, b"mvex").flat_map(|body| children(body, b"trex")) {
        // trex: version and flags, track id, description index, default duration, …
        if let (Some(id), Some(ticks)) = (u32_at(extends, 4), u32_at(extends, 12))
            && let Some(track) = tracks.iter_mut().find(|track| track.id == id)
        {
            track.default_ticks = ticks;
        }
    }
    let fragments = boxes(bytes).filter(|(kind, _)| kind == b"moof").flat_map(|(_, body)| children(body, b"traf"));
    for fragment in fragments {
        add_fragment(fragment, &mut tracks);
    }
    let has = |handler: &[u8; 4]| tracks.iter().any(|track| &track.handler == handler);
    let longest = tracks
        .iter()
        .filter(|track| [b"vide", b"soun"].contains(&&track.handler))
        .filter_map(|track| millis(track.ticks, track.timescale))
        .max();
    Some(Mp4Facts {
        has_video: has(b"vide"),
        has_audio: has(b"soun"),
        duration_ms: longest.or_else(|| children(movie, b"mvhd").find_map(header_duration)),
    })
}

fn track(body: &[u8]) -> Option<Track> {
    let header = children(body, b"tkhd").next()?;
    // Version 1 has 64-bit times in front of the id.
    let id = u32_at(header, if header.first() == Some(&1) { 20 } else { 12 })?;
    let media = children(body, b"mdia").next()?;
    let handler = *children(media, b"hdlr").next()?.get(8..)?.first_chunk()?;
    let header = children(media, b"mdhd").next()?;
    let timescale = u32_at(header, if header.first() == Some(&1) { 20 } else { 12 })?;
    let samples = children(media, b"minf").flat_map(|body| children(body, b"stbl"));
    let ticks = samples.flat_map(|body| children(body, b"stts")).map(sample_ticks).fold(0, u64::saturating_add);
    Some(Track { id, handler, timescale, ticks, default_ticks: 0 })
}

/// Sum of a time-to-sample table: pairs of count and duration after version, flags and the number of pairs.
fn sample_ticks(table: &[u8]) -> u64 {
    let pairs = u32_at(table, 4).map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX));
    let entries = table.get(8..).unwrap_or_default().chunks_exact(8).take(pairs);
    entries.fold(0, |sum: u64, entry| {
        let count = u64::from(u32_at(entry, 0).unwrap_or_default());
        sum.saturating_add(count.saturating_mul(u64::from(u32_at(entry, 4).unwrap_or_default())))
    })
}

/// Adds the samples of one track fragment, as recorders write them that do not know the end yet.
fn add_fragment(fragment: &[u8], tracks: &mut [Track]) {
    const BASE_OFFSET: u32 = 0x1;
    const DESCRIPTION: u32 = 0x2;
    const DEFAULT_DURATION: u32 = 0x8;
    let Some(header) = children(fragment, b"tfhd").next() else {
        return;
    };
    let (Some(flags), Some(id)) = (u32_at(header, 0), u32_at(header, 4)) else {
        return;
    };
    let Some(track) = tracks.iter_mut().find(|track| track.id == id) else {
        return;
    };
    let offset = 8 + if flags & BASE_OFFSET != 0 { 8 } else { 0 } + if flags & DESCRIPTION != 0 { 4 } else { 0 };
    let stated = (flags & DEFAULT_DURATION != 0).then(|| u32_at(header, offset)).flatten();
    let default_ticks = stated.unwrap_or(track.default_ticks);
    for run in children(fragment, b"trun") {
        track.ticks = track.ticks.saturating_add(run_ticks(run, default_ticks));
    }
}

fn run_ticks(run: &[u8], default_ticks: u32) -> u64 {
    const DATA_OFFSET: u32 = 0x1;
    const FIRST_FLAGS: u32 = 0x4;
    const DURATIONS: u32 = 0x100;
    /// Duration, size, flags and composition offset of each sample.
    const FIELDS: u32 = 0xF00;
    let (Some(flags), Some(count)) = (u32_at(run, 0), u32_at(run, 4)) else {
        return 0;
    };
    if flags & DURATIONS == 0 {
        return u64::from(count).saturating_mul(u64::from(default_ticks));
    }
    let start = 8 + if flags & DATA_OFFSET != 0 { 4 } else { 0 } + if flags & FIRST_FLAGS != 0 { 4 } else { 0 };
    let width = 4 * (flags & FIELDS).count_ones() as usize;
    let samples = run.get(start..).unwrap_or_default().chunks_exact(width);
    // The duration is the first field of a sample.
    samples.take(count as usize).filter_map(|sample| u32_at(sample, 0)).map(u64::from).fold(0, u64::saturating_add)
}

fn header_duration(header: &[u8]) -> Option<u64> {
    let (timescale, ticks) = if header.first() == Some(&1) {
        (u32_at(header, 20)?, header.get(24..)?.first_chunk().map(|chunk| u64::from_be_bytes(*chunk))?)
    } else {
        (u32_at(header, 12)?, u64::from(u32_at(header, 16)?))
    };
    // All ones mean "unknown".
    if ticks == u64::from(u32::MAX) || ticks == u64::MAX { None } else { millis(ticks, timescale) }
}

/// `None` for zero: no file plays for no time, so it was not known.
fn millis(ticks: u64, timescale: u32) -> Option<u64> {
    let millis = u128::from(ticks) * 1_000 / u128::from((timescale != 0).then_some(timescale)?);
    (ticks != 0).then(|| u64::try_from(millis).unwrap_or(u64::MAX))
}

fn children<'a>(body: &'a [u8], kind: &'static [u8; 4]) -> impl Iterator<Item = &'a [u8]> {
    boxes(body).filter(move |(name, _)| name == kind).map(|(_, body)| body)
}

/// The boxes in `bytes`, in order; ends at the first one that is cut off.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let kind: [u8; 4] = *bytes.get(4..)?.first_chunk()?;
        let (header, size) = match u32_at(bytes, 0)? {
            // Up to the end of the file.
            0 => (8, bytes.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?)).ok()?),
            size => (8, usize::try_from(size).ok()?),
        };
        let body = bytes.get(header..size)?;
        bytes = &bytes[size..];
        Some((kind, body))
    })
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|chunk| u32::from_be_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], kind, body].concat()
    }

    #[test]
    fn plain_files_tell_tracks_and_time() {
        let facts_of = |bytes: &[u8]| facts(bytes).unwrap();
        let video = facts_of(include_bytes!("../../tests/fixtures/video.mp4"));
        assert!(video.has_video && video.has_audio);
        assert!(video.duration_ms.is_some_and(|ms| (1_990..2_100).contains(&ms)), "{video:?}");
        let film = facts_of(include_bytes!("../../tests/fixtures/video.mov"));
        assert_eq!(film, Mp4Facts { has_video: true, has_audio: false, duration_ms: Some(2_000) });
        let voice = facts_of(include_bytes!("../../tests/fixtures/voice.m4a"));
        assert!(!voice.has_video && voice.has_audio);
        assert!(voice.duration_ms.is_some_and(|ms| (1_990..2_150).contains(&ms)), "{voice:?}");
    }

    #[test]
    fn fragments_are_added_up() {
        let voice = facts(include_bytes!("../../tests/fixtures/voice_fragmented.mp4")).unwrap();
        assert!(!voice.has_video && voice.has_audio);
        assert!(voice.duration_ms.is_some_and(|ms| (1_990..2_150).contains(&ms)), "{voice:?}");
    }

    #[test]
    fn brands_tell_films_from_pictures_and_phones_of_old() {
        let typed = |major: &[u8; 4], more: &[u8]| made(b"ftyp", &[&major[..], &[0; 4], more].concat());
        assert_eq!(brand(&typed(b"isom", b"")), Some(Brand::Mp4));
        assert_eq!(brand(&typed(b"qt  ", b"qt  ")), Some(Brand::QuickTime));
        assert_eq!(brand(&typed(b"XAVC", b"XAVCmp42")), Some(Brand::Mp4));
        assert_eq!(brand(&typed(b"heic", b"mif1isom")), None);
        assert_eq!(brand(&typed(b"3gp4", b"isom3gp4")), None);
        assert_eq!(brand(&typed(b"abcd", b"efgh")), None);
        assert_eq!(brand(b"\x00\x00\x00\x20ftyp"), None);
    }

    #[test]
    fn hostile_sizes_and_counts_end_quickly() {
        for bytes in [&b"\x00\x00\x00\x01moov\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"\x00\x00\x00\x04moov", b"", b"\0"]
        {
            assert_eq!(facts(bytes), None);
        }
        // A run of 2³² samples of 2³² ticks without any byte behind them.
        let run = [&0_u32.to_be_bytes()[..], &u32::MAX.to_be_bytes()].concat();
        assert_eq!(run_ticks(&run, u32::MAX), u64::from(u32::MAX) * u64::from(u32::MAX));
        let table = [&[0; 4][..], &u32::MAX.to_be_bytes(), &[255; 8], &[255; 8]].concat();
        assert_eq!(sample_ticks(&table), u64::MAX);
        assert_eq!(millis(u64::MAX, 1), Some(u64::MAX));
        assert_eq!(millis(5, 0), None);
    }
}
