//! The bounded queue between those who log and the one who writes.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use tracing_subscriber::fmt::MakeWriter;

/// How long the end waits for the last lines to be written.
const LAST_LINES: Duration = Duration::from_millis(500);

enum Item {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

/// Takes lines and never waits.
#[derive(Clone, Debug)]
pub struct LogQueue {
    sender: SyncSender<Item>,
    dropped: Arc<AtomicU64>,
}

/// The writing thread's end; dropping it writes what is still queued, for at most half a second.
#[derive(Debug)]
pub struct LogThread {
    queue: LogQueue,
}

/// Starts the thread that writes to `output`, with room for `capacity` waiting lines.
///
/// # Errors
/// Where no thread can be started.
pub(super) fn start(output: impl Write + Send + 'static, capacity: usize) -> io::Result<(LogQueue, LogThread)> {
    let (sender, receiver) = sync_channel(capacity);
    let queue = LogQueue { sender, dropped: Arc::default() };
    let dropped = Arc::clone(&queue.dropped);
    thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&receiver, output, &dropped))?;
    Ok((queue.clone(), LogThread { queue }))
}

/// Errors of the output are nobody's to hear: there is nowhere left to say them.
fn write_all(receiver: &Receiver<Item>, mut output: impl Write, dropped: &AtomicU64) {
    while let Ok(item) = receiver.recv() {
        match item {
            Item::Line(line) => drop(output.write_all(&line)),
            Item::Flush(done) => {
                let _ = output.flush();
                let _ = done.try_send(());
            }
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let _ = writeln!(output, "{{\"level\":\"WARN\",\"message\":\"{lost} log lines were dropped\"}}");
        }
    }
}

impl Write for LogQueue {
    /// One call is one line: `tracing-subscriber` hands over whole events.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.sender.try_send(Item::Line(line.to_vec())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for LogQueue {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Drop for LogThread {
    fn drop(&mut self) {
        let deadline = Instant::now() + LAST_LINES;
        let (sender, done) = sync_channel(1);
        let mut item = Item::Flush(sender);
        while let Err(std::sync::mpsc::TrySendError::Full(back)) = self.queue.sender.try_send(item) {
            if Instant::now() >= deadline {
                return;
            }
            item = back;
            thread::sleep(Duration::from_millis(5));
        }
        let _ = done.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use super::*;

    /// An output that blocks until it is opened, as a full pipe does.
    #[derive(Clone, Default)]
    struct Gate(Arc<(Mutex<Output>, Condvar)>);

    #[derive(Default)]
    struct Output {
        is_open: bool,
        bytes: Vec<u8>,
    }

    impl Gate {
        fn open(&self) {
            self.0.0.lock().unwrap().is_open = true;
            self.0.1.notify_all();
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.0.lock().unwrap().bytes.clone()).unwrap()
        }
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut state = self.0.1.wait_while(self.0.0.lock().unwrap(), |state| !state.is_open).unwrap();
            state.bytes.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_blocked_output_stalls_nobody_and_the_loss_is_told() {
        let gate = Gate::default();
        let (mut queue, thread) = start(gate.clone(), 10).unwrap();
        let started = Instant::now();
        for number in 0..1000 {
            queue.write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        gate.open();
        drop(thread);
        let text = gate.text();
        assert!(text.starts_with("line 0\n"), "{text}");
        let kept = text.matches("line ").count();
        assert!(kept < 1000 && text.contains("log lines were dropped"), "{kept} kept: {text}");
    }

    #[test]
    fn the_end_does_not_wait_for_a_blocked_output() {
        let (mut queue, thread) = start(Gate::default(), 1).unwrap();
        for _ in 0..10 {
            queue.write_all(b"line\n").unwrap();
        }
        let started = Instant::now();
        drop(thread);
        assert!(started.elapsed() < LAST_LINES * 4, "{:?}", started.elapsed());
    }

    #[test]
    fn the_end_writes_what_is_queued() {
        let gate = Gate::default();
        gate.open();
        let (mut queue, thread) = start(gate.clone(), 100).unwrap();
        for _ in 0..50 {
            queue.write_all(b"line\n").unwrap();
        }
        drop(thread);
        assert_eq!(gate.text().lines().count(), 50);
    }
}
