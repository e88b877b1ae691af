//! Secrets and signatures as the specification "Standard Webhooks" has them: HMAC-SHA256 over `id.timestamp.body`, in
//! base64 behind `v1,`; the secret in base64 behind `whsec_`.

use std::fmt;

use data_encoding::BASE64;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// What signs; known to the receiver and to us.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret([u8; 32]);

impl WebhookSecret {
    /// Of random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads what [`written`](Self::written) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text.strip_prefix(PREFIX)?.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// As the receiver enters it.
    pub fn written(&self) -> String {
        format!("{PREFIX}{}", BASE64.encode(&self.0))
    }

    /// The signature of one message sent `at_s` seconds after 1970.
    pub fn sign(&self, id: &str, at_s: i64, body: &[u8]) -> String {
        // HMAC pads a short key with zeros to one block; done here, the construction cannot fail.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
        mac.update(format!("{id}.{at_s}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    }
}

/// Never prints the secret.
impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

/// The value of the header `webhook-signature`: one signature of each secret, with blanks between.
pub fn signature_header(secrets: &[&WebhookSecret], id: &str, at_s: i64, body: &[u8]) -> String {
    let all: Vec<String> = secrets.iter().map(|secret| secret.sign(id, at_s, body)).collect();
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_and_never_printed() {
        let secret = WebhookSecret::new(std::array::from_fn(|index| index as u8));
        assert_eq!(secret.written(), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        assert_eq!(WebhookSecret::parse(&secret.written()), Some(secret.clone()));
        assert_eq!(format!("{secret:?}"), "WebhookSecret");
        for wrong in ["", "whsec_", "whsec_AAEC", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="] {
            assert_eq!(WebhookSecret::parse(wrong), None, "{wrong}");
        }
    }

    /// By `printf 'msg_1.1614265330.{"test": 2432232314}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0001… -binary | base64`.
    #[test]
    fn it_signs_as_others_do() {
        let secret = WebhookSecret::new(std::array::from_fn(|index| index as u8));
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(secret.sign("msg_1", 1_614_265_330, body), SIGNED);
        let other = WebhookSecret::new([9; 32]);
        let both = signature_header(&[&other, &secret], "msg_1", 1_614_265_330, body);
        assert_eq!(both, format!("{} {SIGNED}", other.sign("msg_1", 1_614_265_330, body)));
        assert_ne!(secret.sign("msg_1", 1_614_265_331, body), SIGNED);
    }

    const SIGNED: &str = "v1,GWvjEzx3AphU7wha3hNZPXJnymF9Fg+ZdvPQqWPOjZ0=";
}
