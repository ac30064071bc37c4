//! A recording as a standard video: its pictures, each for as long as it was to be seen, through ffmpeg.
//!
//! ffmpeg is a program beside the server, fed over a pipe, so nothing of it is linked here; it runs after all else and
//! ends with whoever waits for it. It must never run in the path of a session, and its file only gets its name once whole.

mod error;
mod feed;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, ChildStderr, ChildStdin, Command},
};

pub use self::error::Error;
use self::feed::Feed;
use crate::recording::Reader;

/// Pictures per second of the video.
pub const RATE: u32 = 10;

/// The largest picture of a video, pixels.
const LARGEST: (u32, u32) = (1920, 1080);

/// How much of ffmpeg's complaint is kept, bytes.
const COMPLAINT: u64 = 2000;

/// How late ffmpeg comes in turn (nice(2)): sessions come first.
const NICENESS: i32 = 15;

/// A video that was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Video {
    /// How long it plays.
    pub duration: Duration,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
}

/// The ffmpeg on the PATH.
///
/// # Errors
/// [`Error::NoEncoder`] where there is none.
pub fn find_encoder(path: Option<OsString>) -> Result<PathBuf, Error> {
    let folders = path.unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join("ffmpeg")).find(|file| file.is_file());
    found.ok_or(Error::NoEncoder)
}

/// Makes an MP4 (H.264) of the recording at `out`; tells `progress` from 0 to 1 as it goes. Dropping the future ends
/// ffmpeg and leaves no file.
///
/// # Errors
/// [`Error::Empty`] where there are no pictures; what the recording, the disk or ffmpeg says otherwise.
pub async fn export(
    encoder: &Path,
    reader: Reader,
    out: &Path,
    mut progress: impl FnMut(f32) + Send,
) -> Result<Video, Error> {
    let (feed, size) = tokio::task::spawn_blocking(move || {
        let feed = Feed::new(reader)?;
        let size = feed.largest()?;
        Ok::<_, Error>((feed, fitted(size)))
    })
    .await
    .map_err(|_| Error::Interrupted)??;
    let part = Part(out.with_extension("mp4.part"));
    let mut child = spawn(encoder, &part.0, size)?;
    let (stdin, stderr) = (child.stdin.take().ok_or(Error::Interrupted)?, child.stderr.take());
    let pictures = feed.pictures();
    // What ffmpeg says is read all along, or it would wait for us while we wait for it.
    let (fed, complaint) = tokio::join!(pump(feed, stdin, &mut progress), complaint(stderr));
    let status = child.wait().await?;
    if !status.success() {
        return Err(Error::Encoder { status, complaint });
    }
    fed?;
    tokio::fs::rename(&part.0, out).await?;
    let bytes = tokio::fs::metadata(out).await?.len();
    let duration = Duration::from_secs_f64(pictures as f64 / f64::from(RATE));
    Ok(Video { duration, width: size.0, height: size.1, bytes })
}

/// A file that is removed unless it has got its name.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Even numbers, which H.264 wants, within the largest picture, in the same shape.
fn fitted((width, height): (u32, u32)) -> (u32, u32) {
    let (width, height) = (f64::from(width.max(2)), f64::from(height.max(2)));
    let scale = (f64::from(LARGEST.0) / width).min(f64::from(LARGEST.1) / height).min(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the largest picture")]
    let even = |length: f64| ((length * scale) as u32 & !1).max(2);
    (even(width), even(height))
}

fn spawn(encoder: &Path, part: &Path, (width, height): (u32, u32)) -> Result<Child, Error> {
    let filter = format!(
        "scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuv420p"
    );
    let mut command = Command::new(encoder);
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-f", "image2pipe", "-framerate"]);
    command.arg(RATE.to_string()).args(["-c:v", "mjpeg", "-i", "pipe:0", "-an", "-vf", &filter]);
    command.args(["-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-threads", "1"]);
    command.args(["-movflags", "+faststart", "-f", "mp4"]).arg(part);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    command.env_clear();
    let child = command.spawn()?;
    let pid = child.id().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?));
    // Only a courtesy to everything else on the machine.
    let _ = pid.map(|pid| rustix::process::setpriority_process(Some(pid), NICENESS));
    Ok(child)
}

/// Gives ffmpeg its pictures. Its end of the pipe may close early; what it says then counts more.
async fn pump(feed: Feed, mut stdin: ChildStdin, progress: &mut (impl FnMut(f32) + Send)) -> Result<(), Error> {
    let total = feed.pictures().max(1);
    let mut pictures = feed.start();
    let mut given = 0u64;
    while let Some(picture) = pictures.recv().await {
        stdin.write_all(&picture?).await?;
        given += 1;
        // Whoever looks at the progress needs no more than three digits.
        progress((given as f64 / total as f64).min(1.0) as f32);
    }
    stdin.shutdown().await?;
    Ok(())
}

async fn complaint(stderr: Option<ChildStderr>) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let mut said = Vec::new();
    let _ = (&mut stderr).take(COMPLAINT).read_to_end(&mut said).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&said).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_even_and_keep_their_shape() {
        assert_eq!(fitted((1280, 720)), (1280, 720));
        assert_eq!(fitted((801, 601)), (800, 600));
        assert_eq!(fitted((3840, 2160)), (1920, 1080));
        assert_eq!(fitted((390, 2000)), (210, 1080));
        assert_eq!(fitted((0, 1)), (2, 2));
    }

    #[test]
    fn without_ffmpeg_it_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = Some(folder.path().as_os_str().to_owned());
        assert_eq!(find_encoder(path.clone()).unwrap_err().code(), "ffmpeg_missing");
        assert_eq!(find_encoder(None).unwrap_err().code(), "ffmpeg_missing");
        std::fs::write(folder.path().join("ffmpeg"), "").unwrap();
        assert_eq!(find_encoder(path).unwrap(), folder.path().join("ffmpeg"));
    }
}
