//! Finds repeated keys in an object, at any depth, without keeping the keys. Equal hashes count as equal keys: a
//! collision refuses a strange message and can never let one pass.

use foldhash::fast::FixedState;
use std::hash::BuildHasher as _;

use super::malformed::Malformed;

const INLINE: usize = 48;
/// Keys of all open objects together: bounds the memory that one message can take here to 8 MB.
const MOST: usize = 1 << 20;

/// The hashes of the keys of all open objects, outermost first.
pub(super) struct Keys {
    inline: [u64; INLINE],
    spilled: Vec<u64>,
    len: usize,
}

impl Keys {
    pub(super) const fn new() -> Self {
        Self { inline: [0; INLINE], spilled: Vec::new(), len: 0 }
    }

    /// Where an object that opens now begins.
    pub(super) const fn open(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, key: &[u8]) -> Result<(), Malformed> {
        let hash = FixedState::default().hash_one(key);
        if let Some(slot) = self.inline.get_mut(self.len).filter(|_| self.spilled.is_empty()) {
            *slot = hash;
        } else {
            if self.len >= MOST {
                return Err(Malformed::json("JSON: too many keys"));
            }
            if self.spilled.is_empty() {
                self.spilled.extend(self.inline);
            }
            self.spilled.push(hash);
        }
        self.len += 1;
        Ok(())
    }

    /// Ends the object that began at `start`.
    pub(super) fn close(&mut self, start: usize) -> Result<(), Malformed> {
        let all = if self.spilled.is_empty() { &mut self.inline[..self.len] } else { &mut self.spilled[..] };
        let repeated = match &mut all[start..] {
            [] | [_] => false,
            few if few.len() <= 12 => few.iter().enumerate().any(|(index, key)| few[..index].contains(key)),
            many => {
                many.sort_unstable();
                many.windows(2).any(|pair| pair[0] == pair[1])
            }
        };
        if repeated {
            return Err(Malformed::json("JSON: duplicate key"));
        }
        self.len = start;
        if !self.spilled.is_empty() {
            self.spilled.truncate(start);
            if start <= INLINE {
                self.inline[..start].copy_from_slice(&self.spilled);
                self.spilled.clear();
            }
        }
        Ok(())
    }
}
