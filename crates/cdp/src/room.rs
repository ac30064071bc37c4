//! How much room a read is given: little while a connection is at rest, more as more arrives.
//!
//! A thousand idle clients pay for what each holds ready, and a busy one pays for each read that was too small. It must
//! never give more than asked for ahead of what has arrived.

use bytes::BytesMut;

/// The least, which a connection at rest holds for as long as it lives.
const LEAST: usize = 256;

/// The most while little comes at a time.
const MOST: usize = 16 << 10;

/// The most ahead of a large message: who sends it pays for memory with bytes.
const MOST_AHEAD: usize = 1 << 20;

/// The room for one connection's next read.
pub(crate) struct Room {
    size: usize,
    given: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { size: LEAST, given: 0 }
    }
}

impl Room {
    /// Makes room for the next read, for at least `needed` bytes as far as that is reasonable; gives memory back where a
    /// large message has gone.
    pub(crate) fn make(&mut self, buffer: &mut BytesMut, needed: usize) {
        if buffer.is_empty() && buffer.capacity() > 2 * self.size {
            *buffer = BytesMut::new();
        }
        buffer.reserve(needed.clamp(self.size, MOST_AHEAD));
        self.given = buffer.capacity() - buffer.len();
    }

    /// Twice as much after a read that used up what it was given, half as much after one that needed little of it.
    pub(crate) fn learn(&mut self, read: usize) {
        if read == self.given {
            self.size = (2 * self.size).min(MOST);
        } else if read < self.size / 4 {
            self.size = (self.size / 2).max(LEAST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_with_full_reads_and_shrinks_with_small_ones() {
        let (mut room, mut buffer) = (Room::default(), BytesMut::new());
        for _ in 0..20 {
            room.make(&mut buffer, 0);
            room.learn(buffer.capacity() - buffer.len());
        }
        assert_eq!(room.size, MOST);
        for _ in 0..20 {
            room.learn(1);
        }
        assert_eq!(room.size, LEAST);
        room.make(&mut buffer, 0);
        assert!(buffer.capacity() < MOST, "what a busy time needed is given back");
        room.make(&mut buffer, usize::MAX);
        assert!(buffer.capacity() <= 2 * MOST_AHEAD, "a declared length is not believed");
    }
}
