//! A recording through the real ffmpeg, looked at with the real ffprobe.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use hangar_recorder::{
    recording::{Frame, Limits},
    video,
};

use crate::world::{self, World};

/// The machine's ffmpeg; tests of machines without one say so.
fn encoder() -> Option<PathBuf> {
    let found = video::find_encoder(std::env::var_os("PATH")).ok();
    if found.is_none() {
        eprintln!("skipped: this machine has no ffmpeg");
    }
    found
}

/// A picture of one colour, made by ffmpeg itself.
fn jpeg(encoder: &Path, colour: &str, (width, height): (u32, u32)) -> Vec<u8> {
    let source = format!("color=c={colour}:s={width}x{height}:d=1:r=1");
    let made = Command::new(encoder)
        .args(["-loglevel", "error", "-f", "lavfi", "-i", &source, "-frames:v", "1", "-f", "mjpeg", "-"])
        .output()
        .unwrap();
    assert!(made.stdout.starts_with(&[0xff, 0xd8]), "{}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

fn frame(millis: u64, jpeg: Vec<u8>, (width, height): (u32, u32)) -> Frame {
    Frame { width, height, ..world::frame(millis, jpeg) }
}

fn probe(file: &Path) -> serde_json::Value {
    let probed = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json"])
        .arg(file)
        .output()
        .unwrap();
    serde_json::from_slice(&probed.stdout).unwrap()
}

/// The colour in the middle of the picture at `seconds`: red, green, blue.
fn colour(encoder: &Path, file: &Path, seconds: &str) -> [u8; 3] {
    let pixel = Command::new(encoder)
        .args(["-loglevel", "error", "-ss", seconds, "-i"])
        .arg(file)
        .args(["-frames:v", "1", "-vf", "crop=2:2", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .unwrap();
    *pixel.stdout.first_chunk().unwrap()
}

#[tokio::test]
async fn a_recording_becomes_a_video_that_shows_each_picture_for_its_time() {
    let Some(encoder) = encoder() else { return };
    let world = World::new();
    let writer = world.writer(Limits::default());
    let (wide, narrow) = ((640, 360), (320, 360));
    writer.frame(frame(500, jpeg(&encoder, "red", wide), wide));
    writer.frame(frame(1500, jpeg(&encoder, "lime", narrow), narrow));
    writer.frame(frame(1600, b"no picture".to_vec(), wide));
    writer.frame(frame(2500, jpeg(&encoder, "blue", wide), wide));
    writer.entry(&world::line(3500, "the end"));
    writer.close().await;

    let out = world.path().with_extension("mp4");
    let mut steps = Vec::new();
    let video = video::export(&encoder, world.reader(), &out, |step| steps.push(step)).await.unwrap();
    assert_eq!((video.duration, video.width, video.height), (Duration::from_secs(3), 640, 360));
    assert!(steps.is_sorted() && steps.first() < Some(&0.1) && steps.last() == Some(&1.0), "{steps:?}");
    assert_eq!(world.files(), 2, "the recording and the video");

    let probed = probe(&out);
    let stream = &probed["streams"][0];
    assert_eq!((stream["codec_name"].as_str(), stream["pix_fmt"].as_str()), (Some("h264"), Some("yuv420p")));
    assert_eq!((&stream["width"], &stream["height"]), (&640.into(), &360.into()));
    assert_eq!(stream["nb_read_frames"], "30");
    let duration: f64 = probed["format"]["duration"].as_str().unwrap().parse().unwrap();
    assert!((duration - 3.0).abs() < 0.05, "{duration}");
    let bytes = std::fs::read(&out).unwrap();
    let at = |name: &[u8]| bytes.windows(4).position(|window| window == name).unwrap();
    assert!(at(b"moov") < at(b"mdat"), "it starts to play before all of it is there");
    for (seconds, strongest) in [("0.1", 0), ("0.8", 0), ("1.1", 1), ("1.8", 1), ("2.1", 2), ("2.8", 2)] {
        let colour = colour(&encoder, &out, seconds);
        let is_seen = (0..3).all(|channel| (colour[channel] > 150) == (channel == strongest));
        assert!(is_seen, "at {seconds}: {colour:?}");
    }
}

#[tokio::test]
async fn what_cannot_become_a_video_leaves_no_file_and_a_reason() {
    let Some(encoder) = encoder() else { return };
    let world = World::new();
    let writer = world.writer(Limits::default());
    writer.entry(&world::line(0, "no picture"));
    let out = world.path().with_extension("mp4");
    let refused = video::export(&encoder, world.reader(), &out, |_| {}).await;
    assert_eq!(refused.unwrap_err().code(), "recording_empty");

    writer.frame(world::frame(1, [&[0xff, 0xd8, 0xff][..], &[0; 500]].concat()));
    writer.close().await;
    let refused = video::export(&encoder, world.reader(), &out, |_| {}).await.unwrap_err();
    assert_eq!(refused.code(), "ffmpeg_failed", "{refused}");
    assert_eq!(world.files(), 1);
}

#[tokio::test]
async fn an_export_that_nobody_waits_for_ends() {
    let Some(encoder) = encoder() else { return };
    let world = World::new();
    let writer = world.writer(Limits::default());
    let size = (1280, 720);
    writer.frame(frame(0, jpeg(&encoder, "red", size), size));
    // Hours, so that it cannot be done by then.
    writer.entry(&world::line(36_000_000, "the end"));
    writer.close().await;
    let out = world.path().with_extension("mp4");
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let mut begun = Some(begun);
    let export = tokio::spawn({
        let (reader, out) = (world.reader(), out.clone());
        async move {
            let tell = |_| {
                begun.take().map(|begun| begun.send(()));
            };
            video::export(&encoder, reader, &out, tell).await
        }
    });
    has_begun.await.unwrap();
    export.abort();
    assert!(export.await.unwrap_err().is_cancelled());
    let is_running = || {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let mut commands = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
        let needle = out.as_os_str().as_encoded_bytes();
        commands.any(|command| command.windows(needle.len()).any(|window| window == needle))
    };
    world::until("ffmpeg is gone", || !is_running()).await;
    assert_eq!(world.files(), 1);
}
