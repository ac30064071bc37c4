//! Writing a recording: callers hand over records and go on; a thread of its own puts them on the disk.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hangar_domain::timeline::{Dropped, Entry, Event};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

use super::{
    Error, Frame, Head, Input,
    format::{Caption, Kind, MAGIC, RecordHead},
    index::{self, Slot},
    micros,
    queue::{Batch, Item, Lost, Queue},
};

/// How large a recording may grow. Beyond it the oldest half is given up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Records: each costs 24 bytes of memory while the session runs.
    pub records: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 512 << 20, records: 400_000 }
    }
}

/// What became of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Size of the file.
    pub bytes: u64,
    /// Pictures in it.
    pub frames: u64,
    /// Entries and inputs in it.
    pub notes: u64,
    /// Until its last record, from the session's start.
    pub duration: Duration,
    /// Records that were given up, for whatever reason.
    pub lost: u64,
    /// Whether the disk failed before the end.
    pub is_cut_short: bool,
}

/// A recording that is being written. Clones write to the same one; it ends when it is closed or the last is dropped.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Arc<Queue>,
    head: Head,
    summary: watch::Receiver<Option<Summary>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Writer {
    /// Begins a recording in a new file. Blocks for as long as making a file takes.
    ///
    /// # Errors
    /// [`Error::Io`] when there is such a file, or none can be made.
    pub fn create(path: &Path, head: Head, limits: Limits) -> Result<Self, Error> {
        let disk = Disk::create(path, &head, limits)?;
        let (queue, (done, summary)) = (Arc::<Queue>::default(), watch::channel(None));
        let reading = queue.clone();
        let thread = std::thread::Builder::new().name("recording".to_owned());
        thread.spawn(move || done.send_replace(Some(disk.run(&reading))))?;
        Ok(Self { shared: Arc::new(Shared { queue, head, summary }) })
    }

    /// Adds a picture, or counts it as lost where the disk is behind.
    pub fn frame(&self, frame: Frame) {
        self.shared.queue.push(Item::Frame(frame));
    }

    /// Adds something that happened.
    pub fn entry(&self, entry: &Entry) {
        self.note(Kind::Entry, entry.at, entry);
    }

    /// Adds a pointer or a key.
    pub fn input(&self, input: &Input) {
        self.note(Kind::Input, input.at, input);
    }

    /// What it is of.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.shared.head
    }

    /// Ends the recording and waits until all of it is written.
    pub async fn close(&self) -> Summary {
        self.shared.queue.close();
        let mut summary = self.shared.summary.clone();
        // An error means that the thread died, and with it what it knew.
        let done = summary.wait_for(Option::is_some).await.ok().and_then(|summary| *summary);
        done.unwrap_or(Summary { is_cut_short: true, ..Summary::default() })
    }

    fn note(&self, kind: Kind, at: Timestamp, what: &impl Serialize) {
        if let Ok(json) = serde_json::to_vec(what) {
            self.shared.queue.push(Item::Note(kind, micros(self.shared.head.time(at)), json));
        }
    }
}

/// The file, as its thread holds it.
pub(super) struct Disk {
    pub(super) path: PathBuf,
    pub(super) head: Head,
    pub(super) limits: Limits,
    pub(super) file: BufWriter<File>,
    /// Where the next record begins.
    pub(super) end: u64,
    pub(super) slots: Vec<Slot>,
    /// The time of the last frame: two never share one.
    last_frame: Option<u64>,
    latest: u64,
    /// Records given up, for whatever reason.
    pub(super) lost: u64,
    /// What the kernel has taken whole: its end, and how many records.
    whole: (u64, usize),
    is_cut_short: bool,
}

/// An empty file that only its owner reads.
pub(super) fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

impl Disk {
    fn create(path: &Path, head: &Head, limits: Limits) -> Result<Self, Error> {
        let mut disk = Self {
            path: path.to_owned(),
            head: head.clone(),
            limits,
            file: BufWriter::with_capacity(1 << 16, new_file(path)?),
            end: 0,
            slots: Vec::new(),
            last_frame: None,
            latest: 0,
            lost: 0,
            whole: (0, 0),
            is_cut_short: false,
        };
        disk.begin()?;
        disk.flush()?;
        Ok(disk)
    }

    /// The same recording, about to begin anew in `file`.
    pub(super) fn anew(&self, file: File) -> Self {
        Self {
            path: self.path.clone(),
            head: self.head.clone(),
            file: BufWriter::new(file),
            end: 0,
            slots: Vec::new(),
            whole: (0, 0),
            ..*self
        }
    }

    /// What every file begins with.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        self.file.write_all(&MAGIC)?;
        self.end = MAGIC.len() as u64;
        let json = serde_json::to_vec(&self.head)?;
        self.append(Kind::Head, 0, &[&json])?;
        // The head is read where it must be, not looked for.
        self.slots.clear();
        Ok(())
    }

    fn run(mut self, queue: &Queue) -> Summary {
        while let Some(batch) = queue.take() {
            let records = self.slots.len() + batch.items.len();
            if let Err(error) = self.write(batch) {
                tracing::warn!(%error, session.id = %self.head.session, "a recording ends early: the disk failed");
                queue.close();
                self.cut_short(records);
                break;
            }
        }
        self.finish()
    }

    fn write(&mut self, batch: Batch) -> io::Result<()> {
        for item in batch.items {
            match item {
                Item::Frame(frame) => self.frame(&frame)?,
                Item::Note(kind, time, json) => self.append(kind, time, &[&json])?,
            }
        }
        self.mark_lost(batch.lost)?;
        self.flush()?;
        if self.end > self.limits.bytes || self.slots.len() > self.limits.records {
            self.thin()?;
        }
        Ok(())
    }

    fn frame(&mut self, frame: &Frame) -> io::Result<()> {
        let Some(caption) = Caption::encode(frame) else { return Ok(()) };
        let earliest = self.last_frame.map_or(0, |last| last + 1);
        let time = micros(self.head.time(frame.at)).max(earliest);
        self.last_frame = Some(time);
        self.append(Kind::Frame, time, &[&caption, &frame.jpeg])
    }

    fn mark_lost(&mut self, lost: Lost) -> io::Result<()> {
        for (count, reason) in [(lost.frames, "slow disk: pictures"), (lost.notes, "slow disk")] {
            if count > 0 {
                self.lost += count;
                self.mark(count, reason, self.latest)?;
            }
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.whole = (self.end, self.slots.len());
        Ok(())
    }

    /// Says in the recording that `count` records are not there.
    pub(super) fn mark(&mut self, count: u64, reason: &str, time: u64) -> io::Result<()> {
        let event = Event::Dropped(Dropped { count, reason: reason.to_owned() });
        let json = serde_json::to_vec(&Entry { at: self.head.at(Duration::from_micros(time)), event })?;
        self.append(Kind::Entry, time, &[&json])
    }

    /// Adds a record. One that is larger than any reader would believe is lost.
    pub(super) fn append(&mut self, kind: Kind, time: u64, payload: &[&[u8]]) -> io::Result<()> {
        let Some(head) = RecordHead::of(kind, time, payload) else {
            self.lost += 1;
            return Ok(());
        };
        self.file.write_all(&head.encode())?;
        payload.iter().try_for_each(|piece| self.file.write_all(piece))?;
        self.slots.push(Slot::new(head, self.end));
        self.end += head.size();
        self.latest = self.latest.max(time);
        Ok(())
    }

    /// Goes back to what is whole and says, if there is room for so little, that the rest of `records` is missing.
    fn cut_short(&mut self, records: usize) {
        self.is_cut_short = true;
        let lost = records.saturating_sub(self.whole.1) as u64;
        self.lost += lost;
        let marked = self.shorten().and_then(|()| {
            self.mark(lost, "disk full", self.latest)?;
            self.flush()
        });
        if marked.is_err() {
            let _ = self.shorten();
        }
    }

    fn shorten(&mut self) -> io::Result<()> {
        // What the buffer still holds belongs to the records that are given up.
        let file = self.file.get_ref().try_clone()?;
        drop(std::mem::replace(&mut self.file, BufWriter::new(file)).into_parts());
        (self.end, _) = self.whole;
        self.slots.truncate(self.whole.1);
        self.file.get_ref().set_len(self.end)?;
        self.file.seek(SeekFrom::Start(self.end)).map(drop)
    }

    fn finish(mut self) -> Summary {
        let count = |frames: bool| self.slots.iter().filter(|slot| (slot.kind == Kind::Frame) == frames).count() as u64;
        let (frames, notes) = (count(true), count(false));
        let payload = index::encode(&self.slots, self.end);
        let written = self.append(Kind::Index, self.latest, &[&payload]).and_then(|()| self.flush());
        if written.is_err() {
            // Without an index the file is read head by head.
            let _ = self.shorten();
        }
        Summary {
            bytes: self.end,
            frames,
            notes,
            duration: Duration::from_micros(self.latest),
            lost: self.lost,
            is_cut_short: self.is_cut_short,
        }
    }
}
