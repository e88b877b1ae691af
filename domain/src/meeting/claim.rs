//! A claim: what a scanned code is exchanged for at once, without a login, so that a slow login is never refused.
//!
//! It is a text with a MAC and stored nowhere until it is used; its nonce is inserted in the change that signs in, so it is
//! used once, on any node and after any crash. It is bound to the device that scanned.

use data_encoding::BASE64URL_NOPAD;
use hmac::Mac as _;

use super::sign_in_code::SLOT_MS;
use crate::clock::{Entropy, Timestamp};
use crate::ids::{EntityId as _, MeetingId};
use crate::mac::mac;

/// A claim can be used for so long.
pub const CLAIM_LIFE_MS: i64 = 90_000;
const NONCE: usize = 16;
const BODY: usize = 16 + 8 + 8 + NONCE + DEVICE;
const TAG: usize = 16;
const DEVICE: usize = 16;
/// Separates these MACs from all others made with the same key.
const PURPOSE: &[u8] = b"lianxin.sign-in-claim.v1";

/// The fingerprint of the device that scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(pub [u8; DEVICE]);

impl serde::Serialize for DeviceId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.to_text())
    }
}

impl<'de> serde::Deserialize<'de> for DeviceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a device"))
    }
}

impl DeviceId {
    /// As text.
    pub fn to_text(self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// Reads the text.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

/// The right to sign in, to be used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// To this meeting.
    pub meeting_id: MeetingId,
    /// The slot in which the code was shown.
    pub slot: i64,
    /// When it was scanned.
    pub claimed_at: Timestamp,
    /// On this device.
    pub device: DeviceId,
    /// What makes it one of its kind.
    pub nonce: [u8; NONCE],
}

/// Why a claim does not let anybody sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Not a claim of ours, or not one for this meeting.
    #[error("not a claim to this meeting")]
    Unknown,
    /// Its time is over.
    #[error("the claim's time is over")]
    Expired,
    /// It was made for another device.
    #[error("the claim belongs to another device")]
    OtherDevice,
}

impl Claim {
    /// A new claim of `device` to a meeting whose code of `slot` it scanned `now`.
    pub fn new(meeting_id: MeetingId, slot: i64, device: DeviceId, now: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        Self { meeting_id, slot, claimed_at: now, device, nonce }
    }

    /// Until when it can be used.
    pub const fn expires_at(&self) -> Timestamp {
        self.claimed_at.plus_millis(CLAIM_LIFE_MS)
    }

    /// How old the code was when it was scanned, counted from the begin of its slot.
    pub const fn slot_age_ms(&self) -> i64 {
        self.claimed_at.millis() - self.slot * SLOT_MS
    }

    /// Its nonce as text: what is stored when it is used.
    pub fn nonce_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.nonce)
    }

    /// The text for the device.
    pub fn sign(&self, key: &[u8; 32]) -> String {
        let mut body = Vec::with_capacity(BODY + TAG);
        body.extend_from_slice(self.meeting_id.as_bytes());
        body.extend_from_slice(&self.slot.to_be_bytes());
        body.extend_from_slice(&self.claimed_at.millis().to_be_bytes());
        body.extend_from_slice(&self.nonce);
        body.extend_from_slice(&self.device.0);
        let tag: [u8; 32] = mac(key, PURPOSE, &[&body]).finalize().into_bytes().into();
        body.extend_from_slice(&tag[..TAG]);
        BASE64URL_NOPAD.encode(&body)
    }

    /// Reads a claim that `device` brings to `meeting_id`.
    ///
    /// # Errors
    /// [`ClaimError`].
    pub fn verify(
        key: &[u8; 32],
        text: &str,
        meeting_id: MeetingId,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<Self, ClaimError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| ClaimError::Unknown)?;
        let (body, tag) = bytes.split_at_checked(BODY).ok_or(ClaimError::Unknown)?;
        if tag.len() != TAG {
            return Err(ClaimError::Unknown);
        }
        mac(key, PURPOSE, &[body]).verify_truncated_left(tag).map_err(|_| ClaimError::Unknown)?;
        let claim = Self::read(body).ok_or(ClaimError::Unknown)?;
        if claim.meeting_id != meeting_id {
            return Err(ClaimError::Unknown);
        }
        if claim.device != device {
            return Err(ClaimError::OtherDevice);
        }
        if now >= claim.expires_at() {
            return Err(ClaimError::Expired);
        }
        Ok(claim)
    }

    fn read(body: &[u8]) -> Option<Self> {
        let (meeting, rest) = body.split_first_chunk::<16>()?;
        let (slot, rest) = rest.split_first_chunk::<8>()?;
        let (claimed_at, rest) = rest.split_first_chunk::<8>()?;
        let (nonce, device) = rest.split_first_chunk::<NONCE>()?;
        Some(Self {
            meeting_id: MeetingId::from_uuid(uuid::Uuid::from_bytes(*meeting)),
            slot: i64::from_be_bytes(*slot),
            claimed_at: Timestamp::from_millis(i64::from_be_bytes(*claimed_at)),
            device: DeviceId(device.try_into().ok()?),
            nonce: *nonce,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(9);
        }
    }

    fn meeting(number: u128) -> MeetingId {
        MeetingId::from_uuid(uuid::Uuid::from_u128(number))
    }

    const PHONE: DeviceId = DeviceId([1; 16]);

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_795_241_525_000 + ms)
    }

    fn claim() -> (Claim, String) {
        let claim = Claim::new(meeting(1), at(0).millis() / SLOT_MS, PHONE, at(6_000), &Counting);
        let text = claim.sign(&KEY);
        (claim, text)
    }

    #[test]
    fn a_claim_lives_ninety_seconds_for_its_meeting_and_device() {
        let (claim, text) = claim();
        assert_eq!(claim.slot_age_ms(), 6_000);
        let verify = |meeting_id, device, ms| Claim::verify(&KEY, &text, meeting_id, device, at(ms));
        assert_eq!(verify(meeting(1), PHONE, 6_000), Ok(claim.clone()));
        assert_eq!(verify(meeting(1), PHONE, 95_999), Ok(claim));
        assert_eq!(verify(meeting(1), PHONE, 96_000), Err(ClaimError::Expired));
        assert_eq!(verify(meeting(2), PHONE, 6_000), Err(ClaimError::Unknown));
        assert_eq!(verify(meeting(1), DeviceId([2; 16]), 6_000), Err(ClaimError::OtherDevice));
        assert_eq!(Claim::verify(&[8; 32], &text, meeting(1), PHONE, at(6_000)), Err(ClaimError::Unknown));
    }

    #[test]
    fn no_changed_byte_passes() {
        let (_, text) = claim();
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let changed = BASE64URL_NOPAD.encode(&changed);
            let read = Claim::verify(&KEY, &changed, meeting(1), PHONE, at(6_000));
            assert_eq!(read, Err(ClaimError::Unknown), "byte {place}");
        }
        for length in 0..bytes.len() {
            let short = BASE64URL_NOPAD.encode(&bytes[..length]);
            assert_eq!(Claim::verify(&KEY, &short, meeting(1), PHONE, at(0)), Err(ClaimError::Unknown));
        }
    }
}
