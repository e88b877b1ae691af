#![no_main]

use std::sync::Once;

static BEGIN: Once = Once::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The readers of others panic now and then, and are shielded; libFuzzer's own hook would end the program before
    // that. What is not shielded still ends it.
    BEGIN.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    lianxin_web::fuzzing::media(bytes);
});
