//! The crate against the real Chromium of this machine.

#[cfg(test)]
mod client;
#[cfg(test)]
mod end;
#[cfg(test)]
mod failure;
#[cfg(test)]
mod level;
#[cfg(test)]
mod profile;
#[cfg(test)]
mod world;
