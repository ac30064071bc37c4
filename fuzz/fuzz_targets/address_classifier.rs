//! See the body, which the ordinary tests run too, over the committed corpus.

#![no_main]

#[path = "../bodies/address_classifier.rs"]
mod address_classifier;

libfuzzer_sys::fuzz_target!(|data: &[u8]| address_classifier::run(data));
