//! However long a session runs, its recording stays within its limit and keeps the newest.

use std::{fs, time::Duration};

use hangar_domain::timeline::Event;
use hangar_recorder::recording::{Limits, Reader, Tail};

use crate::world::{self, World};

const LIMIT: u64 = 1 << 20;

#[tokio::test]
async fn the_oldest_half_is_given_up_and_the_recording_says_so() {
    let world = World::new();
    let writer = world.writer(Limits { bytes: LIMIT, ..Limits::default() });
    let mut early = world.reader();
    let mut largest = 0;
    for round in 0..15u64 {
        for number in round * 4..round * 4 + 4 {
            writer.frame(world::frame(number * 100, vec![u8::try_from(number).unwrap(); 100_000]));
            writer.entry(&world::line(number * 100, &format!("line {number}")));
        }
        world::until("the round is in the file", || {
            let size = fs::metadata(world.path()).unwrap().len();
            largest = largest.max(size);
            early.refresh().unwrap();
            early.duration() >= Duration::from_millis(round * 400 + 300)
        })
        .await;
    }
    let summary = writer.close().await;
    assert!(largest <= LIMIT + 450_000, "the file had {largest} bytes");
    assert!(summary.bytes <= LIMIT + 450_000 && summary.lost > 80 && !summary.is_cut_short, "{summary:?}");
    assert_eq!(world.files(), 1, "nothing is left beside it");

    let reader = world.reader();
    assert_eq!((reader.tail(), reader.duration()), (Tail::Closed, Duration::from_millis(5900)));
    let frames = world::frames(&reader);
    let first = 60 - u8::try_from(frames.len()).unwrap();
    assert!(
        frames.len() >= 4 && frames.iter().zip(first..).all(|(frame, shade)| frame.jpeg[..] == vec![shade; 100_000])
    );
    let lines = world::lines(&reader);
    assert_eq!(lines.last().map(String::as_str), Some("line 59"));
    let marker = reader.entries().next().unwrap().unwrap();
    let Event::Dropped(dropped) = marker.event else { panic!("the first entry is {marker:?}") };
    assert_eq!((dropped.count, dropped.reason.as_str()), (summary.lost, "full"));
    early.refresh().unwrap();
    assert_eq!(world::lines(&early), lines, "who read on all the while sees the same");
}

#[tokio::test]
async fn many_small_records_are_bounded_too() {
    let world = World::new();
    let writer = world.writer(Limits { records: 1000, ..Limits::default() });
    let mut reader = world.reader();
    for round in 0..6u64 {
        (0..400).for_each(|n| writer.entry(&world::line(round * 1000 + n, "x")));
        world::until("the round is in the file", || {
            reader.refresh().unwrap();
            reader.duration() >= Duration::from_millis(round * 1000 + 399)
        })
        .await;
    }
    let summary = writer.close().await;
    assert!((500..=1001).contains(&summary.notes), "{summary:?}");
    assert_eq!(Reader::open(&world.path()).unwrap().note_count() as u64, summary.notes);
}
