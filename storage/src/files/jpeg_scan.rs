//! Walks the markers of a JPEG file without decoding: is it whole, and how many passes does it want over the picture?
//!
//! The decoder fills what is missing with grey and does as many passes as the file asks for; both are decided here.

/// What the markers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JpegOutline {
    /// Passes over the picture; a progressive photo has about 10.
    pub scans: usize,
    /// The end marker was reached.
    pub is_complete: bool,
}

const START_OF_SCAN: u8 = 0xDA;
const END_OF_IMAGE: u8 = 0xD9;

/// Reads the markers up to the end marker or to where the file breaks off.
pub(super) fn outline(bytes: &[u8]) -> JpegOutline {
    let mut scans = 0;
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        let Some((marker, after)) = next_marker(rest) else {
            return JpegOutline { scans, is_complete: false };
        };
        rest = after;
        match marker {
            END_OF_IMAGE => {
                return JpegOutline { scans, is_complete: true };
            }
            // Restart markers and TEM stand alone.
            0x01 | 0xD0..=0xD8 => {}
            _ => {
                scans += usize::from(marker == START_OF_SCAN);
                let length = rest.first_chunk().map(|chunk| usize::from(u16::from_be_bytes(*chunk)));
                let Some(segment_end) = length.and_then(|length| rest.get(length.max(2)..)) else {
                    return JpegOutline { scans, is_complete: false };
                };
                rest = segment_end;
            }
        }
    }
}

/// The next marker and what follows it. Within picture data a 0xFF is followed by 0x00, which is no marker.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let position = bytes.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xFF))?;
    Some((bytes[position + 1], &bytes[position + 2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_in_the_metadata_does_not_end_the_file() {
        let thumbnail = b"\xFF\xE1\x00\x08\xFF\xD8\xFF\xDA\xFF\xD9";
        let scan = b"\xFF\xDA\x00\x04\x01\x02\x11\xFF\x00\x22\xFF\xD0\x33";
        let whole = [&b"\xFF\xD8"[..], thumbnail, scan, scan, b"\xFF\xD9PK\x03\x04"].concat();
        assert_eq!(outline(&whole), JpegOutline { scans: 2, is_complete: true });
        let cut = &whole[..whole.len() - 6];
        assert_eq!(outline(cut), JpegOutline { scans: 2, is_complete: false });
        for length in 0..whole.len() - 4 {
            assert!(!outline(&whole[..length]).is_complete, "cut to {length}");
        }
    }
}
