//! SIGKILL in the middle of a recording: what was said a second before is there.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use hangar_recorder::recording::{Limits, Reader, Tail, Writer};

use crate::world;

/// Where the writer that will be killed writes.
const PATH: &str = "HANGAR_TEST_RECORDING";

/// Not a test: the process that is killed. It says each record's number once it has handed the record over.
#[test]
#[ignore = "is run by the test below, in a process of its own"]
fn writes_until_it_is_killed() {
    let Some(path) = env::var_os(PATH).map(PathBuf::from) else { return };
    let writer = Writer::create(&path, world::head(), Limits::default()).unwrap();
    let start = Instant::now();
    for number in 0u64.. {
        let millis = u64::try_from(start.elapsed().as_millis()).unwrap();
        writer.entry(&world::line(millis, &number.to_string()));
        writer.frame(world::frame(millis, number.to_le_bytes().repeat(1000)));
        println!("wrote {number} {millis}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn no_more_than_the_last_second_is_lost_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.hgr");
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "killed::writes_until_it_is_killed"])
        .env(PATH, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = said.map_while(Result::ok).filter_map(|line| {
        let mut words = line.split_once("wrote ")?.1.split(' ').map(str::parse::<u64>);
        Some((words.next()?.ok()?, words.next()?.ok()?))
    });
    let mut last = (0, 0);
    for (number, millis) in said {
        last = (number, millis);
        if millis >= 2500 {
            child.kill().unwrap();
            break;
        }
    }
    child.wait().unwrap();

    let reader = Reader::open(&path).unwrap();
    assert_ne!(reader.tail(), Tail::Closed);
    let lines = world::lines(&reader);
    assert!(lines.iter().enumerate().all(|(number, text)| *text == number.to_string()));
    let lost = Duration::from_millis(last.1).saturating_sub(reader.duration());
    assert!(last.0 > 50 && lost < Duration::from_secs(1), "{lost:?} of {last:?} are lost");
    let frames = world::frames(&reader);
    assert!(frames.len().abs_diff(lines.len()) <= 1, "{} frames, {} lines", frames.len(), lines.len());
    for (number, frame) in (0u64..).zip(&frames) {
        assert_eq!(frame.jpeg[..], number.to_le_bytes().repeat(1000));
    }
}
