use super::*;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Mono WAV of silence, 8 kHz, 8 bits, so that a second is 8,000 bytes.
fn wav(millis: u32) -> Vec<u8> {
    let data = millis * 8;
    let format = [&1_u16.to_le_bytes()[..], &1_u16.to_le_bytes(), &8_000_u32.to_le_bytes(), &8_000_u32.to_le_bytes()];
    let mut bytes = [b"RIFF", &(36 + data).to_le_bytes()[..], b"WAVEfmt ", &16_u32.to_le_bytes()].concat();
    bytes.extend(format.concat());
    bytes.extend([1, 0, 8, 0]);
    bytes.extend([b"data", &data.to_le_bytes()[..]].concat());
    bytes.resize(bytes.len() + data as usize, 0x80);
    bytes
}

fn amr(frames: usize) -> Vec<u8> {
    // Type 7 (12.2 kbit/s): header byte 0x3C, 32 bytes.
    [AMR_MAGIC, &[&[0x3C][..], &[0; 31]].concat().repeat(frames)].concat()
}

#[test]
fn voices_are_measured_with_and_without_a_header() {
    for (name, format) in [
        ("voice.ogg", MediaFormat::OggOpus),
        ("voice.webm", MediaFormat::WebmAudio),
        ("voice_live.webm", MediaFormat::WebmAudio),
        ("voice.m4a", MediaFormat::M4a),
        ("voice_fragmented.mp4", MediaFormat::M4a),
        ("voice.mp3", MediaFormat::Mp3),
    ] {
        let millis = audio_video_duration_ms(&fixture(name), format).unwrap().unwrap();
        assert!((1_950..=2_150).contains(&millis), "{name}: {millis}");
    }
    assert_eq!(audio_video_duration_ms(&wav(1_500), MediaFormat::Wav), Ok(Some(1_500)));
}

#[test]
fn videos_tell_their_length_or_are_measured() {
    for (name, format) in [
        ("video.webm", MediaFormat::Webm),
        ("video_live.webm", MediaFormat::Webm),
        ("video.mp4", MediaFormat::Mp4),
        ("video.mov", MediaFormat::Mov),
    ] {
        let millis = audio_video_duration_ms(&fixture(name), format).unwrap().unwrap();
        assert!((1_750..=2_150).contains(&millis), "{name}: {millis}");
    }
}

#[test]
fn an_unknown_length_of_a_video_is_allowed() {
    // Everything after the header cut off: tracks are known, no packet is there.
    let whole = fixture("video_live.webm");
    let cluster = whole.windows(4).position(|bytes| bytes == b"\x1F\x43\xB6\x75").unwrap();
    assert_eq!(audio_video_duration_ms(&whole[..cluster + 12], MediaFormat::Webm), Ok(None));
}

#[test]
fn voices_above_a_minute_are_too_long() {
    assert_eq!(audio_video_duration_ms(&wav(60_000), MediaFormat::Wav), Ok(Some(60_000)));
    assert_eq!(audio_video_duration_ms(&wav(61_000), MediaFormat::Wav), Ok(Some(61_000)));
    for (bytes, format) in [
        (wav(61_500), MediaFormat::Wav),
        (fixture("long_voice.ogg"), MediaFormat::OggOpus),
        (amr(3_051), MediaFormat::Amr),
    ] {
        let error = audio_video_duration_ms(&bytes, format).unwrap_err();
        assert!(matches!(error, MediaError::TooLong { limit_ms: 60_000, .. }), "{format:?}: {error}");
        assert_eq!(error.code(), "attachment.too_long");
    }
}

#[test]
fn chained_recordings_are_added_up() {
    let one = fixture("voice.ogg");
    let millis = audio_video_duration_ms(&one.repeat(3), MediaFormat::OggOpus).unwrap().unwrap();
    assert!((5_900..=6_100).contains(&millis), "{millis}");
    // Opening each link searches for its end in the rest of the file; so many links are refused one way or the other.
    let error = audio_video_duration_ms(&one.repeat(40), MediaFormat::OggOpus).unwrap_err();
    assert_eq!(error.code(), "attachment.corrupt");
}

#[test]
fn a_lying_header_does_not_shorten_a_voice() {
    let mut bytes = fixture("voice.webm");
    // Duration element of the segment information: 0x4489, 8 bytes, a float of milliseconds.
    let position = bytes.windows(3).position(|id| id == b"\x44\x89\x88").unwrap();
    bytes[position + 3..position + 11].copy_from_slice(&1.0_f64.to_be_bytes());
    let millis = audio_video_duration_ms(&bytes, MediaFormat::WebmAudio).unwrap().unwrap();
    assert!(millis > 1_900, "{millis}");
}

#[test]
fn amr_frames_are_counted() {
    assert_eq!(audio_video_duration_ms(&amr(150), MediaFormat::Amr), Ok(Some(3_000)));
    // Type 8 (18.25 kbit/s) of the wide band: header byte 0x44, 61 bytes; comfort noise 0x4C, 6 bytes.
    let speech = [&[0x44][..], &[0; 60]].concat();
    let silence = [&[0x4C][..], &[0; 5]].concat();
    let wide = [AMR_WB_MAGIC, &speech.repeat(10), &silence.repeat(5), &speech[..30]].concat();
    assert_eq!(audio_video_duration_ms(&wide, MediaFormat::AmrWb), Ok(Some(300)));
    for broken in [&b"#!AMR\n"[..], b"#!AMR\n\x3C\0\0", b"#!AMR\n\x48", b""] {
        let error = audio_video_duration_ms(broken, MediaFormat::Amr).unwrap_err();
        assert_eq!(error.code(), "attachment.corrupt");
    }
}

#[test]
fn empty_and_broken_voices_are_corrupt() {
    let ogg = fixture("voice.ogg");
    let webm = fixture("voice.webm");
    for (bytes, format) in [
        (&wav(0)[..], MediaFormat::Wav),
        (&wav(1_000)[..20], MediaFormat::Wav),
        (&ogg[..60], MediaFormat::OggOpus),
        (&webm[..100], MediaFormat::WebmAudio),
        (b"\xFF\xFB<html>no frames here</html>", MediaFormat::Mp3),
        (b"ID3\x04\0\0\0\0\0\x02ab", MediaFormat::Mp3),
        (b"\0\0\0\x10ftypM4A \0\0\0\0", MediaFormat::M4a),
        (b"", MediaFormat::OggOpus),
    ] {
        let error = audio_video_duration_ms(bytes, format).unwrap_err();
        assert_eq!(error.code(), "attachment.corrupt", "{format:?}");
    }
}

#[test]
fn a_recording_that_breaks_off_plays_what_is_there() {
    let whole = fixture("voice_live.webm");
    let millis = audio_video_duration_ms(&whole[..whole.len() * 2 / 3], MediaFormat::WebmAudio).unwrap().unwrap();
    assert!((500..1_900).contains(&millis), "{millis}");
}

#[test]
fn damaged_recordings_never_panic() {
    for (name, format) in [
        ("voice.ogg", MediaFormat::OggOpus),
        ("voice.webm", MediaFormat::WebmAudio),
        ("voice.mp3", MediaFormat::Mp3),
        ("voice_fragmented.mp4", MediaFormat::M4a),
        ("video.mp4", MediaFormat::Mp4),
    ] {
        let whole = fixture(name);
        for position in 0..whole.len().min(600) {
            let mut bytes = whole.clone();
            bytes[position] ^= 0xFF;
            let _ = audio_video_duration_ms(&bytes, format);
        }
    }
}
