//! What every log line passes through on its way to the screen.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::domain::text;

fuzz_target!(|data: &[u8]| {
    let shown = text::clean_bytes(data);
    assert!(!shown.chars().any(char::is_control));
});
