//! Reading a recording: one that is closed, one that is still being written, and one whose writer was killed.
//!
//! Opening reads where the records are, not what they hold. Everything blocks on the disk: call it where that is allowed.

use std::{
    fs::File,
    ops::Range,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use hangar_domain::timeline::Entry;
use serde::de::DeserializeOwned;

use super::{
    Error, Frame, Head, Input,
    find::{Window, read_at, whole},
    format::{Caption, HEAD_LENGTH, Kind, MAGIC},
    index::{self, Slot},
    micros,
};

/// How a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// It was closed: nothing will follow.
    Closed,
    /// It is whole so far: it is being written, or its writer was killed between two records.
    Open,
    /// What follows is not a whole record: it is being written at this moment, or its writer was killed there, or the file
    /// is damaged.
    Torn {
        /// Where it begins.
        at: u64,
    },
}

/// An entry or input as it is in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Since the session's start.
    pub time: Duration,
    /// [`Kind::Entry`] or [`Kind::Input`].
    pub kind: Kind,
    /// Its JSON.
    pub json: Vec<u8>,
}

/// A recording that is read.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    file: File,
    head: Head,
    frames: Vec<Slot>,
    notes: Vec<Slot>,
    /// Where the next record would begin.
    end: u64,
    latest: u64,
    tail: Tail,
}

impl Note {
    /// What happened, where this is an entry of a kind that is known here.
    #[must_use]
    pub fn entry(&self) -> Option<Entry> {
        self.read(Kind::Entry)
    }

    /// What a hand did, where this is an input.
    #[must_use]
    pub fn input(&self) -> Option<Input> {
        self.read(Kind::Input)
    }

    fn read<T: DeserializeOwned>(&self, kind: Kind) -> Option<T> {
        serde_json::from_slice(&self.json).ok().filter(|_| self.kind == kind)
    }
}

impl Reader {
    /// Opens a recording and finds its records.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Foreign`] when it is no recording; [`Error::Corrupt`] when even its head is damaged.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path)?;
        let mut magic = [0; MAGIC.len()];
        let is_whole = read_at(&file, &mut magic, 0)? == magic.len();
        if !is_whole || magic != MAGIC {
            return Err(Error::Foreign);
        }
        let start = MAGIC.len() as u64;
        let corrupt = Error::Corrupt { offset: start };
        let Some((slot, payload)) = whole(&file, start)?.filter(|(slot, _)| slot.kind == Kind::Head) else {
            return Err(corrupt);
        };
        let Ok(head) = serde_json::from_slice(&payload) else { return Err(corrupt) };
        let (end, tail) = (slot.end(), Tail::Open);
        let mut reader =
            Self { path: path.to_owned(), file, head, frames: Vec::new(), notes: Vec::new(), end, latest: 0, tail };
        if !reader.read_index()? {
            reader.scan()?;
        }
        Ok(reader)
    }

    /// Finds what was written since, also where the older half was given up meanwhile.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn refresh(&mut self) -> Result<(), Error> {
        if self.tail == Tail::Closed {
            return Ok(());
        }
        let (ours, named) = (self.file.metadata()?, std::fs::metadata(&self.path)?);
        if (ours.dev(), ours.ino()) == (named.dev(), named.ino()) {
            self.scan()
        } else {
            *self = Self::open(&self.path)?;
            Ok(())
        }
    }

    /// What it is of.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How it ends.
    #[must_use]
    pub fn tail(&self) -> Tail {
        self.tail
    }

    /// Bytes that hold whole records.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.end
    }

    /// From the session's start to the last record.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.latest)
    }

    /// Where the pictures are, in order of time.
    #[must_use]
    pub fn frames(&self) -> &[Slot] {
        &self.frames
    }

    /// How many entries and inputs there are.
    #[must_use]
    pub fn note_count(&self) -> usize {
        self.notes.len()
    }

    /// Pictures taken from `from` until before `to`. Ends with the first that is damaged.
    pub fn frames_between(&self, from: Duration, to: Duration) -> impl Iterator<Item = Result<Frame, Error>> {
        let place = |time| self.frames.partition_point(|slot| slot.time < micros(time));
        self.read_each(&self.frames, place(from)..place(to))
            .map(|read| read.and_then(|(slot, payload)| self.frame(slot, payload)))
    }

    /// The picture that was to be seen at `time`: the last one until then.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Corrupt`].
    pub fn frame_at(&self, time: Duration) -> Result<Option<Frame>, Error> {
        let after = self.frames.partition_point(|slot| slot.time <= micros(time));
        let Some(slot) = after.checked_sub(1).and_then(|at| self.frames.get(at)) else { return Ok(None) };
        self.frame(*slot, self.payload(slot)?).map(Some)
    }

    /// Entries and inputs in the order in which they came to be known, from the `skip`th. Ends with the first that is
    /// damaged.
    pub fn notes(&self, skip: usize) -> impl Iterator<Item = Result<Note, Error>> {
        let read = self.read_each(&self.notes, skip..self.notes.len());
        read.map(|read| {
            let (slot, json) = read?;
            Ok(Note { time: Duration::from_micros(slot.time), kind: slot.kind, json })
        })
    }

    /// Everything that happened. Ends with the first entry that is damaged.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry, Error>> {
        self.notes(0).filter_map(|note| note.map(|note| note.entry()).transpose())
    }

    fn read_each<'a>(
        &'a self,
        slots: &'a [Slot],
        range: Range<usize>,
    ) -> impl Iterator<Item = Result<(Slot, Vec<u8>), Error>> + 'a {
        let mut is_over = false;
        let slots = slots.get(range).unwrap_or_default().iter();
        slots.map_while(move |slot| {
            if is_over {
                return None;
            }
            let read = self.payload(slot);
            is_over = read.is_err();
            Some(read.map(|payload| (*slot, payload)))
        })
    }

    fn frame(&self, slot: Slot, payload: Vec<u8>) -> Result<Frame, Error> {
        let (caption, picture) = Caption::decode(&payload).ok_or(Error::Corrupt { offset: slot.offset })?;
        let (page, width, height) = (caption.page.into_owned(), caption.width, caption.height);
        let jpeg = bytes::Bytes::from(payload).slice(picture..);
        Ok(Frame { at: self.head.at(Duration::from_micros(slot.time)), page, width, height, jpeg })
    }

    fn payload(&self, slot: &Slot) -> Result<Vec<u8>, Error> {
        let read = whole(&self.file, slot.offset)?.filter(|(found, _)| found == slot);
        read.map(|(_, payload)| payload).ok_or(Error::Corrupt { offset: slot.offset })
    }

    /// Takes the places from the last record, where that is an index.
    fn read_index(&mut self) -> Result<bool, Error> {
        let mut own = [0; 8];
        let size = self.file.metadata()?.len();
        let Some(last) = size.checked_sub(own.len() as u64) else { return Ok(false) };
        if read_at(&self.file, &mut own, last)? < own.len() {
            return Ok(false);
        }
        let offset = u64::from_le_bytes(own);
        if offset < self.end || offset.saturating_add(HEAD_LENGTH) > size {
            return Ok(false);
        }
        let Some((slot, payload)) = whole(&self.file, offset)? else { return Ok(false) };
        let slots = index::decode(&payload, offset).filter(|_| slot.kind == Kind::Index && slot.end() == size);
        let Some(slots) = slots else { return Ok(false) };
        slots.into_iter().for_each(|slot| self.keep(slot));
        (self.end, self.tail) = (size, Tail::Closed);
        Ok(true)
    }

    /// Goes on from head to head for as long as there are whole records.
    fn scan(&mut self) -> Result<(), Error> {
        let size = self.file.metadata()?.len();
        let mut window = Window::default();
        self.tail = loop {
            let at = self.end;
            if at == size {
                break Tail::Open;
            }
            let head = window.head(&self.file, at)?;
            let Some(slot) = head.map(|head| Slot::new(head, at)).filter(|slot| slot.end() <= size) else {
                break Tail::Torn { at };
            };
            // Every payload is checked when it is read; only the last could have been cut off without its head showing it,
            // and it lies within the file.
            self.end = slot.end();
            if slot.kind == Kind::Index {
                break Tail::Closed;
            }
            self.keep(slot);
        };
        Ok(())
    }

    fn keep(&mut self, slot: Slot) {
        self.latest = self.latest.max(slot.time);
        match slot.kind {
            Kind::Frame => self.frames.push(slot),
            Kind::Entry | Kind::Input => self.notes.push(slot),
            Kind::Head | Kind::Index => {}
        }
    }
}
