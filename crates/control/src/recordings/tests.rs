//! The folder: what is found, played, trimmed, and made into videos.

use hangar_domain::timeline::{Entry, Event, Page, PageChange, Record};
use tempfile::TempDir;

use super::*;

struct Folder {
    _place: TempDir,
    recordings: Arc<Recordings>,
}

const NO_BOUNDS: Bounds = Bounds { each: u64::MAX, all: u64::MAX, retention: Duration::MAX };

fn open(bounds: Bounds) -> Folder {
    let place = tempfile::tempdir().unwrap();
    let recordings = Recordings::open(place.path().join("recordings"), bounds).unwrap();
    Folder { _place: place, recordings }
}

fn session(number: u32) -> SessionId {
    format!("sess_{number:032x}").parse().unwrap()
}

fn head(number: u32) -> Head {
    Head { session: session(number), started: Timestamp::from_second(1_800_000_000).unwrap(), record: Record::Full }
}

/// A recording of as many pictures of 100 kB, one each second, and entries between them.
async fn record(recordings: &Recordings, number: u32, frames: u8) {
    let head = head(number);
    let writer = recordings.begin(head.clone()).unwrap();
    for second in 0..frames {
        let at = head.at(Duration::from_secs(second.into()));
        let jpeg = vec![second; 100_000].into();
        writer.frame(Frame { at, page: "P".to_owned(), width: 1280, height: 720, jpeg });
        let page = Page { page: "P".to_owned(), change: PageChange::Opened };
        writer.entry(&Entry { at, event: Event::Page(page) });
    }
    writer.close().await;
}

fn sessions(recordings: &Recordings) -> Vec<SessionId> {
    recordings.list().unwrap().iter().map(|recording| recording.session).collect()
}

fn age(recordings: &Recordings, number: u32, by: Duration) {
    let file = fs::File::options().write(true).open(recordings.file(session(number), EXTENSION)).unwrap();
    let written_at = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written_at - by).unwrap();
}

#[tokio::test]
async fn a_recording_is_played_in_pieces_that_have_a_bound() {
    let Folder { recordings, _place } = open(NO_BOUNDS);
    record(&recordings, 1, 60).await;
    let manifest = recordings.manifest(session(1), Duration::ZERO).await.unwrap();
    assert_eq!((manifest.frames.len(), manifest.notes, manifest.tail), (60, 60, Tail::Closed));
    assert_eq!((manifest.duration, &manifest.head), (Duration::from_secs(59), &head(1)));
    let later = recordings.manifest(session(1), Duration::from_secs(58)).await.unwrap();
    assert_eq!(later.frames.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [58_000_000, 59_000_000]);

    let second = Duration::from_secs;
    let piece = recordings.frames(session(1), second(5)..second(8)).await.unwrap();
    assert_eq!(piece.iter().map(|frame| frame.jpeg[0]).collect::<Vec<_>>(), [5, 6, 7]);
    let all = recordings.frames(session(1), Duration::ZERO..Duration::MAX).await.unwrap();
    assert_eq!(all.len(), 41, "4 MiB");
    let notes = recordings.notes(session(1), 50, 7).await.unwrap();
    assert_eq!(notes.iter().map(|note| note.time).collect::<Vec<_>>(), (50..57).map(second).collect::<Vec<_>>());
    assert!(matches!(recordings.notes(session(2), 0, 1).await, Err(Error::RecordingUnknown)));
}

#[tokio::test]
async fn more_recordings_are_looked_at_than_are_kept_open() {
    let Folder { recordings, _place } = open(NO_BOUNDS);
    for number in 0..40 {
        record(&recordings, number, 1).await;
    }
    for number in (0..40).chain(0..40) {
        let manifest = recordings.manifest(session(number), Duration::ZERO).await.unwrap();
        assert_eq!(manifest.head, head(number));
    }
}

#[tokio::test]
async fn what_is_too_old_goes_and_what_is_live_stays() {
    let Folder { recordings, _place } = open(Bounds { retention: Duration::from_secs(3600), ..NO_BOUNDS });
    for number in 1..=3 {
        record(&recordings, number, 1).await;
    }
    age(&recordings, 1, Duration::from_secs(4000));
    age(&recordings, 2, Duration::from_secs(5000));
    let now = recordings.find(session(3)).unwrap().written_at;
    assert_eq!(recordings.trim(now, |live| live == session(2)).unwrap(), 1);
    assert_eq!(sessions(&recordings), [session(2), session(3)]);
    assert!(matches!(recordings.manifest(session(1), Duration::ZERO).await, Err(Error::RecordingUnknown)));
}

#[tokio::test]
async fn the_oldest_go_until_the_rest_fits() {
    let Folder { recordings, _place } = open(Bounds { all: 500_000, ..NO_BOUNDS });
    for number in 1..=4 {
        record(&recordings, number, 2).await;
        age(&recordings, number, Duration::from_secs(100 - u64::from(number)));
    }
    fs::write(recordings.file(session(3), VIDEO), vec![0; 50_000]).unwrap();
    let now = recordings.find(session(4)).unwrap().written_at;
    assert_eq!(recordings.trim(now, |live| live == session(1)).unwrap(), 2);
    assert_eq!(sessions(&recordings), [session(1), session(4)]);
    assert!(!recordings.file(session(3), VIDEO).exists(), "a video goes with its recording");
}

#[tokio::test]
async fn what_was_not_finished_goes_at_the_next_start() {
    let Folder { recordings, _place } = open(NO_BOUNDS);
    record(&recordings, 1, 1).await;
    for name in ["sess_1.part", "x.mp4.part", "another.txt"] {
        fs::write(recordings.folder.join(name), "").unwrap();
    }
    let again = Recordings::open(recordings.folder.clone(), NO_BOUNDS).unwrap();
    let mut left: Vec<_> = fs::read_dir(&again.folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["another.txt", &format!("{}.hgr", session(1))]);
    assert_eq!(sessions(&again), [session(1)]);
}

#[tokio::test]
async fn a_video_is_made_once_and_again_when_the_recording_has_grown() {
    let Folder { recordings, _place } = open(NO_BOUNDS);
    record(&recordings, 1, 1).await;
    assert_eq!(recordings.export(session(1)), None);
    assert!(recordings.claim(session(1)).unwrap());
    assert!(!recordings.claim(session(1)).unwrap(), "it is under way");
    assert_eq!(recordings.export(session(1)).unwrap().state, ExportState::Queued);
    fs::write(recordings.file(session(1), VIDEO), "").unwrap();
    recordings.exports.forget(session(1));
    assert!(!recordings.claim(session(1)).unwrap(), "it is there");
    assert_eq!(recordings.export(session(1)).unwrap().state, ExportState::Done);
    let video = fs::File::options().write(true).open(recordings.file(session(1), VIDEO)).unwrap();
    let written_at = video.metadata().unwrap().modified().unwrap();
    video.set_modified(written_at - Duration::from_secs(10)).unwrap();
    assert_eq!((recordings.video(session(1)), recordings.export(session(1))), (None, None));
    assert!(recordings.claim(session(1)).unwrap());
    recordings.exports.set(session(1), ExportState::Failed("x", "y".to_owned()), 0.0);
    assert!(recordings.claim(session(1)).unwrap(), "what failed may be tried again");
}

#[tokio::test]
async fn exports_have_one_turn_and_a_bound() {
    let Folder { recordings, _place } = open(NO_BOUNDS);
    for number in 0..16 {
        assert!(recordings.claim(session(number)).unwrap());
    }
    assert!(matches!(recordings.claim(session(16)), Err(Error::QueueFull)));
    recordings.exports.set(session(3), ExportState::Failed("x", "y".to_owned()), 0.0);
    assert!(recordings.claim(session(16)).unwrap());

    let held = recordings.exports.turn.acquire().await.unwrap();
    let waiting = tokio::spawn(recordings.clone().make_video(PathBuf::from("ffmpeg"), session(5)));
    recordings.close();
    waiting.await.unwrap();
    drop(held);
    let state = recordings.export(session(5)).unwrap().state;
    assert!(matches!(state, ExportState::Failed("interrupted", _)), "{state:?}");
}
