//! Random recordings, cut at every byte and damaged at every byte.

use std::{fs, time::Duration};

use hangar_domain::timeline::{Actor, Entry};
use hangar_recorder::recording::{Error, Frame, Gesture, Input, Limits, Reader, Tail, Writer};
use proptest::prelude::*;

use crate::world::{self, World};

#[derive(Clone, Debug)]
enum Step {
    Frame(Vec<u8>),
    Line(String),
    Input(f64, f64),
}

/// What a recording holds, as its reader tells it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Content {
    frames: Vec<Frame>,
    entries: Vec<Entry>,
    inputs: Vec<Input>,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200).prop_map(Step::Frame),
        ".{0,40}".prop_map(Step::Line),
        (0..2000u16, 0..2000u16).prop_map(|(x, y)| Step::Input(x.into(), y.into())),
    ]
}

fn write(writer: &Writer, steps: &[Step]) -> Content {
    let mut written = Content::default();
    for (millis, step) in (0..).step_by(40).zip(steps) {
        match step {
            Step::Frame(jpeg) => {
                let frame = world::frame(millis, jpeg.clone());
                writer.frame(frame.clone());
                written.frames.push(frame);
            }
            Step::Line(text) => {
                let entry = world::line(millis, text);
                writer.entry(&entry);
                written.entries.push(entry);
            }
            &Step::Input(x, y) => {
                let at = world::at(millis);
                let input = Input { at, page: "P".to_owned(), by: Actor::Person, what: Gesture::Down, x, y };
                writer.input(&input);
                written.inputs.push(input);
            }
        }
    }
    written
}

/// What can be read until the first damage; and whether there was any.
fn read(reader: &Reader) -> (Content, bool) {
    let mut content = Content::default();
    let mut is_damaged = !matches!(reader.tail(), Tail::Closed | Tail::Open);
    for frame in reader.frames_between(Duration::ZERO, Duration::MAX) {
        match frame {
            Ok(frame) => content.frames.push(frame),
            Err(error) => is_damaged |= matches!(error, Error::Corrupt { .. }),
        }
    }
    for note in reader.notes(0) {
        match note {
            Ok(note) => {
                content.entries.extend(note.entry());
                content.inputs.extend(note.input());
            }
            Err(error) => is_damaged |= matches!(error, Error::Corrupt { .. }),
        }
    }
    (content, is_damaged)
}

fn is_prefix(read: &Content, of: &Content) -> bool {
    of.frames.starts_with(&read.frames) && of.entries.starts_with(&read.entries) && of.inputs.starts_with(&read.inputs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_written_is_read_and_any_cut_leaves_a_prefix(steps in prop::collection::vec(step(), 1..10)) {
        let world = World::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let writer = world.writer(Limits::default());
        let written = write(&writer, &steps);
        let summary = runtime.block_on(writer.close());
        prop_assert_eq!((summary.frames as usize, summary.lost), (written.frames.len(), 0));
        prop_assert_eq!(read(&world.reader()), (written.clone(), false));
        prop_assert_eq!(world.reader().tail(), Tail::Closed);

        let bytes = fs::read(world.path()).unwrap();
        prop_assert_eq!(summary.bytes, bytes.len() as u64);
        let (mut seen, mut whole) = (0, 0);
        for length in 0..bytes.len() {
            fs::write(world.path(), &bytes[..length]).unwrap();
            let Ok(reader) = Reader::open(&world.path()) else {
                prop_assert_eq!(seen, 0, "a longer cut was readable, and this one is not");
                continue;
            };
            let (content, is_damaged) = read(&reader);
            prop_assert!(is_prefix(&content, &written), "cut at {}", length);
            prop_assert_eq!(is_damaged, reader.bytes() < length as u64, "cut at {}", length);
            let count = content.frames.len() + content.entries.len() + content.inputs.len();
            prop_assert!(count >= seen, "cut at {}", length);
            seen = count;
            whole += usize::from(!is_damaged);
        }
        prop_assert_eq!((seen, whole), (steps.len(), steps.len() + 1), "one more whole record at each boundary");
    }

    #[test]
    fn a_damaged_byte_is_noticed_and_what_is_before_it_stays(
        steps in prop::collection::vec(step(), 1..8),
        mask in 1..=255u8,
        is_closed: bool,
    ) {
        let world = World::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let writer = world.writer(Limits::default());
        let written = write(&writer, &steps);
        runtime.block_on(writer.close());
        let mut bytes = fs::read(world.path()).unwrap();
        if !is_closed {
            // As a killed writer leaves it: without an index.
            let index = u64::from_le_bytes(*bytes.last_chunk().unwrap());
            bytes.truncate(usize::try_from(index).unwrap());
        }
        for place in 0..bytes.len() {
            bytes[place] ^= mask;
            fs::write(world.path(), &bytes).unwrap();
            match Reader::open(&world.path()) {
                Ok(reader) => {
                    let (content, is_damaged) = read(&reader);
                    prop_assert!(is_prefix(&content, &written), "damaged at {}", place);
                    // A damaged index is not used and nothing is lost with it.
                    prop_assert!(is_damaged || content == written, "damaged at {}", place);
                    prop_assert!(is_damaged || is_closed, "damaged at {}", place);
                }
                Err(error) => prop_assert!(matches!(error, Error::Foreign | Error::Corrupt { offset: 8 }), "at {}", place),
            }
            bytes[place] ^= mask;
        }
    }
}
