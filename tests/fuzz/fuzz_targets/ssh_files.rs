//! Times and texts as files of any origin hold them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::domain::{stamp::Stamp, text};

fuzz_target!(|data: &[u8]| {
    let shown = text::clean_bytes(data);
    let _ = Stamp::parse(&shown);
    let _ = text::natural_cmp(&shown, &shown);
});
