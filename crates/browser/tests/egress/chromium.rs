//! A real browser behind the endpoint. Skipped, with a word on standard error, where no Chromium is installed.
