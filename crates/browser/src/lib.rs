//! Find, launch, isolate, pool, supervise and reap Chromium, and the egress proxy that is its only way out.

pub mod egress;
