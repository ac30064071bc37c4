//! See the body, which the ordinary tests run too, over the committed corpus.

#![no_main]

#[path = "../bodies/frame_reader.rs"]
mod frame_reader;

libfuzzer_sys::fuzz_target!(|data: &[u8]| frame_reader::run(data));
