//! Reading while it is written, and finding a moment.

use std::time::Duration;

use hangar_recorder::recording::{Limits, Tail};

use crate::world::{self, World};

#[tokio::test]
async fn a_reader_follows_a_recording_that_is_being_written() {
    let world = World::new();
    let writer = world.writer(Limits::default());
    let mut reader = world.reader();
    assert_eq!((reader.head(), reader.tail(), reader.note_count()), (&world.head, Tail::Open, 0));
    for round in 0..3 {
        writer.frame(world::frame(round * 100, vec![7; 100_000]));
        writer.entry(&world::line(round * 100, &format!("line {round}")));
        world::until("the round is in the file", || {
            reader.refresh().unwrap();
            reader.note_count() == usize::try_from(round).unwrap() + 1
        })
        .await;
        assert_eq!(reader.frames().len(), reader.note_count());
    }
    assert_eq!(reader.duration(), Duration::from_millis(200));
    writer.close().await;
    reader.refresh().unwrap();
    assert_eq!((reader.tail(), world::lines(&reader).len()), (Tail::Closed, 3));
}

#[tokio::test]
async fn a_moment_shows_the_last_picture_until_then() {
    let world = World::new();
    let writer = world.writer(Limits::default());
    for (millis, shade) in [(100, 1), (100, 2), (300, 3)] {
        writer.frame(world::frame(millis, vec![shade]));
    }
    writer.close().await;
    let reader = world.reader();
    let shade = |micros| reader.frame_at(Duration::from_micros(micros)).unwrap().map(|frame| frame.jpeg[0]);
    assert_eq!([shade(99_999), shade(100_000), shade(100_001), shade(299_999)], [None, Some(1), Some(2), Some(2)]);
    assert_eq!(shade(u64::MAX), Some(3));
    let between = reader.frames_between(Duration::from_micros(100_001), Duration::from_micros(300_000));
    assert_eq!(between.map(|frame| frame.unwrap().jpeg[0]).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_recording_takes_no_other_files_place() {
    let world = World::new();
    std::fs::write(world.path(), "another's").unwrap();
    let refused = hangar_recorder::recording::Writer::create(&world.path(), world.head.clone(), Limits::default());
    assert_eq!(refused.err().map(|error| error.code()), Some("recording_io"));
    assert_eq!(std::fs::read(world.path()).unwrap(), b"another's");
    assert_eq!(hangar_recorder::recording::Reader::open(&world.path()).unwrap_err().code(), "recording_foreign");
}
