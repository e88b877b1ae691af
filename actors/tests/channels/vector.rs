//! The example of RFC 8291, §5 and appendix A, in both directions.

use std::sync::Mutex;

use data_encoding::BASE64URL_NOPAD;
use lianxin_actors::channel::PushHosts;
use lianxin_actors::channel::push::encrypt;
use lianxin_domain::clock::Entropy;

use crate::other_side::browser::Browser;

const PLAIN: &str = "When I grow up, I want to be a watermelon";
const SENDER: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
const RECEIVER: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
const RECEIVER_POINT: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const SALT: &str = "DGv6ra1nlYgDCS1FRnbzlw";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const BODY: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEq\
    KK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

/// Gives out what it was made of, once.
struct Fixed(Mutex<Vec<u8>>);

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        let mut left = self.0.lock().unwrap();
        let rest = left.split_off(bytes.len());
        bytes.copy_from_slice(&left);
        *left = rest;
    }
}

fn decode(text: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()
}

#[test]
fn the_rfcs_example_is_decrypted() {
    let browser = Browser::new(&decode(RECEIVER), &decode(AUTH));
    assert_eq!(browser.p256dh(), RECEIVER_POINT);
    assert_eq!(browser.decrypt(&decode(BODY)).unwrap(), PLAIN.as_bytes());
    let mut damaged = decode(BODY);
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(browser.decrypt(&damaged), None);
    assert_eq!(Browser::new(&decode(RECEIVER), &[0; 16]).decrypt(&decode(BODY)), None);
}

#[test]
fn the_rfcs_example_is_encrypted_byte_by_byte() {
    let browser = Browser::new(&decode(RECEIVER), &decode(AUTH));
    let subscription = browser.subscribe("https://fcm.googleapis.com/fcm/send/1", &PushHosts::default());
    // A draw that is no key (zero) is left out.
    let entropy = Fixed(Mutex::new([vec![0; 32], decode(SENDER), decode(SALT)].concat()));
    assert_eq!(BASE64URL_NOPAD.encode(&encrypt(PLAIN.as_bytes(), &subscription, &entropy)), BODY);
    assert_eq!(entropy.0.lock().unwrap().len(), 0);
}
