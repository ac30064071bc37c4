//! The whole timeline, one JSON object a line.

use std::io::{self, Write};

use super::Entries;

/// Writes each entry as one line of JSON.
///
/// # Errors
/// Those of `entries` and `out`.
pub fn ndjson(entries: Entries<'_>, mut out: impl Write) -> io::Result<()> {
    for entry in entries {
        // JSON escapes line breaks, so that an entry is always one line.
        serde_json::to_writer(&mut out, &entry?)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
