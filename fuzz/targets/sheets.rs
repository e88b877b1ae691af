#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lianxin_web::fuzzing::sheets(bytes));
