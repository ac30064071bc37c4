//! See the body, which the ordinary tests run too, over the committed corpus.

#![no_main]

#[path = "../bodies/filter.rs"]
mod filter;

libfuzzer_sys::fuzz_target!(|data: &[u8]| filter::run(data));
