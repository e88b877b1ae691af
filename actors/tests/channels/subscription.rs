//! Where a browser can and cannot make us post to.

use lianxin_actors::channel::{PushHosts, Subscription};
use serde_json::json;

use crate::other_side::browser::Browser;

fn hosts() -> PushHosts {
    let tests_own = ["127.0.0.1:8900", "[::1]:8900", "localhost", "127.0.0.2"];
    let known = ["fcm.googleapis.com", "*.push.apple.com", "*.notify.windows.com", "push.county.gov.cn:8443"];
    PushHosts::parse(tests_own.into_iter().chain(known)).unwrap()
}

/// The code of what is wrong with the endpoint, or the endpoint as it is kept.
fn endpoint(endpoint: &str, hosts: &PushHosts) -> Result<String, &'static str> {
    let browser = Browser::seeded(1);
    match Subscription::parse(endpoint, &browser.p256dh(), &browser.auth(), hosts) {
        Ok(subscription) => Ok(subscription.endpoint().to_owned()),
        Err(errors) => {
            assert_eq!((errors.len(), errors[0].field.as_str()), (1, "endpoint"), "{endpoint}");
            Err(errors[0].code)
        }
    }
}

#[test]
fn the_browsers_push_services_are_allowed() {
    for good in [
        "https://fcm.googleapis.com/fcm/send/cX1:APA91b",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://wns2-sg2p.notify.windows.com/w/?token=BQYAAAD%2b",
        "https://web.push.apple.com/QGx",
        "https://api.push.apple.com/3",
    ] {
        assert_eq!(endpoint(good, &PushHosts::default()).as_deref(), Ok(good));
    }
    for (spelled, kept) in [
        ("HTTPS://FCM.GoogleAPIs.COM:443/fcm/send/X", "https://fcm.googleapis.com/fcm/send/X"),
        ("https://a.b.PUSH.apple.com/x/../y", "https://a.b.push.apple.com/y"),
        ("https://push.county.gov.cn:8443/x", "https://push.county.gov.cn:8443/x"),
        ("http://127.0.0.1:8900/x", "http://127.0.0.1:8900/x"),
        ("https://127.0.0.1:8900/x", "https://127.0.0.1:8900/x"),
        ("http://0x7f.1:8900/x", "http://127.0.0.1:8900/x"),
        ("http://[0:0::1]:8900/x", "http://[::1]:8900/x"),
        ("http://localhost/x", "http://localhost/x"),
    ] {
        assert_eq!(endpoint(spelled, &hosts()).as_deref(), Ok(kept));
    }
}

#[test]
fn nothing_else_is() {
    for (bad, code) in [
        ("", "field.required"),
        ("fcm.googleapis.com/x", "push.endpoint"),
        ("https://", "push.endpoint"),
        ("https://[::1/x", "push.endpoint"),
        ("file:///etc/passwd", "push.scheme"),
        ("gopher://fcm.googleapis.com/x", "push.scheme"),
        ("javascript:alert(1)", "push.scheme"),
        ("ftp://127.0.0.1:8900/", "push.scheme"),
        // Without TLS only to a loopback address that is on the list.
        ("http://fcm.googleapis.com/x", "push.scheme"),
        ("http://169.254.169.254/latest/meta-data/", "push.scheme"),
        ("http://push.county.gov.cn:8443/x", "push.scheme"),
        ("https://169.254.169.254/latest/meta-data/", "push.host"),
        ("https://10.0.0.1/x", "push.host"),
        ("https://[fd00::1]/x", "push.host"),
        ("https://2852039166/latest", "push.host"),
        ("https://0xa9fea9fe/latest", "push.host"),
        ("https://[::ffff:169.254.169.254]/", "push.host"),
        ("https://[::ffff:127.0.0.1]:8900/", "push.host"),
        // Loopback, but not that one, or not that port.
        ("http://127.0.0.1/x", "push.scheme"),
        ("http://127.0.0.1:5432/x", "push.scheme"),
        ("https://127.0.0.1/x", "push.host"),
        ("https://127.0.0.2:8900/x", "push.host"),
        ("http://localhost:8900/x", "push.scheme"),
        ("https://localhost.localdomain/x", "push.host"),
        // The right name in the wrong place.
        ("https://fcm.googleapis.com@evil.example/x", "push.endpoint"),
        ("https://fcm.googleapis.com:443@evil.example/x", "push.endpoint"),
        ("https://user:password@fcm.googleapis.com/x", "push.endpoint"),
        ("https://:@evil.example/x", "push.host"),
        ("https://evil.example/fcm.googleapis.com", "push.host"),
        ("https://evil.example?fcm.googleapis.com", "push.host"),
        ("https://evil.example/x#fcm.googleapis.com", "push.endpoint"),
        ("https://fcm.googleapis.com/x#y", "push.endpoint"),
        ("https://fcm.googleapis.com.evil.example/x", "push.host"),
        ("https://evil-fcm.googleapis.com/x", "push.host"),
        ("https://sub.fcm.googleapis.com/x", "push.host"),
        ("https://evilpush.apple.com/x", "push.host"),
        ("https://push.apple.com/x", "push.host"),
        ("https://.push.apple.com/x", "push.host"),
        ("https://push.apple.com.evil.example/x", "push.host"),
        ("https://fcm.googleapis.com./x", "push.host"),
        ("https://fcm.googleapis.com%2eevil.example/x", "push.host"),
        // The right name on the wrong port.
        ("https://fcm.googleapis.com:8443/x", "push.host"),
        ("https://fcm.googleapis.com:80/x", "push.host"),
        ("https://push.county.gov.cn/x", "push.host"),
        // What parsers mend, each in its own way.
        ("https://evil.example\\@fcm.googleapis.com/x", "field.characters"),
        ("https:\\\\fcm.googleapis.com\\x", "field.characters"),
        (" https://fcm.googleapis.com/x", "field.characters"),
        ("https://fcm.googleapis.com/x\r\nHost: evil.example", "field.characters"),
        ("https://fcm.goo\tgleapis.com/x", "field.characters"),
        ("https://fcm.googleapis.com/\0", "field.characters"),
        ("https://fcm。googleapis。com/x", "field.characters"),
        ("https://１２７.0.0.1:8900/x", "field.characters"),
    ] {
        assert_eq!(endpoint(bad, &hosts()), Err(code), "{bad}");
    }
    assert_eq!(endpoint("http://127.0.0.1:8900/x", &PushHosts::default()), Err("push.scheme"));
    let long = format!("https://fcm.googleapis.com/{}", "x".repeat(2_048));
    assert_eq!(endpoint(&long, &hosts()), Err("field.too_long"));
}

#[test]
fn keys_have_their_length_and_lie_on_the_curve() {
    let browser = Browser::seeded(2);
    let (p256dh, auth) = (browser.p256dh(), browser.auth());
    let at = "https://fcm.googleapis.com/x";
    let wrong = |p256dh: &str, auth: &str| -> Vec<(String, &'static str)> {
        let errors = Subscription::parse(at, p256dh, auth, &hosts()).err().unwrap_or_default();
        assert!(errors.iter().all(|error| error.message.contains("推送")));
        errors.into_iter().map(|error| (error.field, error.code)).collect()
    };
    assert_eq!(wrong(&p256dh, &auth), []);
    // Some browsers pad.
    assert_eq!(wrong(&format!("{p256dh}="), &format!("{auth}==")), []);
    let off_the_curve = format!("{}A", &p256dh[..p256dh.len() - 1]);
    let compressed = &p256dh[..44];
    let zeros = "A".repeat(87);
    for bad in [&p256dh[1..], &off_the_curve, compressed, &zeros, "AA", "===", "汉字", &format!("{p256dh}AAAA")] {
        assert_eq!(wrong(bad, &auth), [("p256dh".to_owned(), "push.key")], "{bad}");
    }
    for bad in [&auth[1..], &format!("{auth}AAAA"), "AA", "!!!!!!!!!!!!!!!!!!!!!!"] {
        assert_eq!(wrong(&p256dh, bad), [("auth".to_owned(), "push.key")], "{bad}");
    }
    let missing = [("p256dh".to_owned(), "field.required"), ("auth".to_owned(), "field.required")];
    assert_eq!(wrong("", ""), missing);
}

#[test]
fn both_forms_are_read_and_ours_comes_back() {
    let browser = Browser::seeded(3);
    let keys = json!({ "p256dh": browser.p256dh(), "auth": browser.auth() });
    let theirs = json!({ "endpoint": "https://fcm.googleapis.com/x", "expirationTime": null, "keys": keys });
    let subscription = Subscription::from_json(&theirs.to_string(), &hosts()).unwrap();
    assert_eq!(subscription, browser.subscribe("https://fcm.googleapis.com/x", &hosts()));
    assert_eq!(Subscription::from_json(&subscription.to_json(), &hosts()), Ok(subscription.clone()));
    // Endpoint and keys are for nobody's log.
    assert_eq!(format!("{subscription:?}"), "Subscription { host: \"fcm.googleapis.com\", .. }");
    for bad in ["", "[]", "null", "{\"endpoint\":1}"] {
        assert_eq!(Subscription::from_json(bad, &hosts()).unwrap_err()[0].code, "field.type");
    }
    let nothing: Vec<&str> = Subscription::from_json("{}", &hosts()).unwrap_err().iter().map(|e| e.code).collect();
    assert_eq!(nothing, ["field.required"; 3]);
}
