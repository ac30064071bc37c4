//! Logs on stderr: structured, filtered, and never in the way.
//!
//! Lines go through a bounded queue to a thread of their own. Where stderr is blocked (a full pipe that nobody reads),
//! lines are dropped and counted; the server must never wait for its log.

mod queue;

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

pub use self::queue::{LogQueue, LogThread};
use crate::config::{Log, LogFormat};

/// Lines that may wait for stderr.
const QUEUE: usize = 4096;

/// Starts logging for the whole process. What it returns writes the rest of the lines when it is dropped.
///
/// # Errors
/// Where it has been started before, or the thread cannot be.
pub fn start(log: &Log) -> anyhow::Result<LogThread> {
    let (queue, thread) = queue::start(std::io::stderr(), QUEUE)?;
    let filter: EnvFilter = log.log.as_str().parse()?;
    tracing::subscriber::set_global_default(subscriber(filter, log.log_format, queue))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(thread)
}

fn subscriber<W>(filter: EnvFilter, format: LogFormat, writer: W) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        LogFormat::Text => Box::new(builder.with_ansi(false).finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).finish()),
    }
}

/// A panic is a line like any other, with its place.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let payload = panic.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    tracing::error!(panic.message = message, panic.location = location, panic.thread = thread, "panic");
}
