//! The pictures of a video, at its constant rate: at each moment the newest one until then.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Error, RATE};
use crate::recording::Reader;

/// Pictures read ahead of ffmpeg.
const AHEAD: usize = 4;

/// What every JPEG begins with. ffmpeg gets nothing else to decode.
const JPEG: [u8; 3] = [0xff, 0xd8, 0xff];

pub(super) struct Feed {
    reader: Reader,
    first: Duration,
}

impl Feed {
    pub(super) fn new(reader: Reader) -> Result<Self, Error> {
        let first = reader.frames().first().ok_or(Error::Empty)?;
        Ok(Self { first: Duration::from_micros(first.time), reader })
    }

    /// How many there will be: from the first one until the recording's end.
    pub(super) fn pictures(&self) -> u64 {
        let shown = self.reader.duration().saturating_sub(self.first);
        let per_picture = 1_000_000 / u128::from(RATE);
        u64::try_from(shown.as_micros().div_ceil(per_picture)).unwrap_or(u64::MAX).max(1)
    }

    /// The largest picture's width and height.
    pub(super) fn largest(&self) -> Result<(u32, u32), Error> {
        let mut largest = (0, 0);
        for frame in self.reader.frames_between(Duration::ZERO, Duration::MAX) {
            let frame = frame?;
            largest = (frame.width.max(largest.0), frame.height.max(largest.1));
        }
        Ok(largest)
    }

    /// Reads on a thread that may wait for the disk; ends when nobody takes what it reads.
    pub(super) fn start(self) -> mpsc::Receiver<Result<Bytes, Error>> {
        let (pictures, receiver) = mpsc::channel(AHEAD);
        tokio::task::spawn_blocking(move || {
            let mut newest = None;
            for number in 0..self.pictures() {
                let picture = self.picture(number, &mut newest);
                let is_over = picture.is_err();
                let Some(picture) = picture.transpose() else { continue };
                if pictures.blocking_send(picture).is_err() || is_over {
                    return;
                }
            }
        });
        receiver
    }

    /// The picture of a moment; `newest` spares reading one twice.
    fn picture(&self, number: u64, newest: &mut Option<(usize, Bytes)>) -> Result<Option<Bytes>, Error> {
        let time = u64::try_from(self.first.as_micros()).unwrap_or(u64::MAX);
        let time = time.saturating_add(number.saturating_mul(1_000_000) / u64::from(RATE));
        let place = self.reader.frames().partition_point(|slot| slot.time <= time);
        if newest.as_ref().is_none_or(|(held, _)| *held != place) {
            let frame = self.reader.frame_at(Duration::from_micros(time))?;
            if let Some(frame) = frame.filter(|frame| frame.jpeg.starts_with(&JPEG)) {
                *newest = Some((place, frame.jpeg));
            }
        }
        Ok(newest.as_ref().map(|(_, jpeg)| jpeg.clone()))
    }
}
