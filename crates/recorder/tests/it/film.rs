//! A session's film, of a real browser.

use std::{sync::Arc, time::Duration};

use hangar_domain::timeline::{Event, Record};
use hangar_recorder::{
    Options,
    film::Film,
    recording::{Frame, Head, Limits, Reader, Tail, Writer},
    screencast::Screencasts,
};
use hangar_testkit::wait::eventually;
use serde_json::json;

use crate::world::{TestPage, World, clock};

const MOVING: &str = "<body style='margin:0;background:red'><script>let n = 0; \
    setInterval(() => document.body.style.background = ['red', 'lime'][++n % 2], 100)</script>";

struct Filmed {
    world: World,
    film: Arc<Film>,
    folder: tempfile::TempDir,
    fed: usize,
}

impl Filmed {
    async fn start(record: Record) -> Self {
        let pages = vec![("/moving", "text/html", MOVING), ("/still", "text/html", "<body bgcolor=blue>")];
        let world = World::with(Options::new(record), pages).await;
        let folder = tempfile::tempdir().unwrap();
        let session = format!("sess_{:032x}", 1).parse().unwrap();
        let head = Head { session, started: clock().now(), record };
        let writer = Writer::create(&folder.path().join("a.hgr"), head, Limits::default()).unwrap();
        let screencasts = Arc::new(Screencasts::new(&world.browser.mux));
        Self { film: Film::start(screencasts, writer, clock()), world, folder, fed: 0 }
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.folder.path().join("a.hgr")).unwrap()
    }

    /// Gives the film what the recorder has told by now, and returns all pictures.
    fn feed(&mut self) -> Vec<Frame> {
        let entries = self.world.entries();
        entries[self.fed..].iter().for_each(|entry| self.film.entry(entry));
        self.fed = entries.len();
        self.reader().frames_between(Duration::ZERO, Duration::MAX).map(Result::unwrap).collect()
    }

    /// Waits until the last `count` pictures are of this page.
    async fn until_shown(&mut self, page: &TestPage, count: usize) {
        eventually("pictures of the page", async || {
            let frames = self.feed();
            let newest = frames.iter().rev().take_while(|frame| frame.page == page.target).count();
            (newest >= count).then_some(()).ok_or_else(|| format!("{newest} of {}", frames.len()))
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_in_which_something_happens_is_filmed() {
    let mut filmed = Filmed::start(Record::Full).await;
    let first = filmed.world.client.page(&filmed.world.site.url("/moving")).await;
    filmed.until_shown(&first, 5).await;
    let second = filmed.world.client.page(&filmed.world.site.url("/still")).await;
    filmed.until_shown(&second, 1).await;
    filmed.world.client.ask(None, "Target.closeTarget", json!({ "targetId": second.target })).await;
    filmed.until_shown(&first, 5).await;

    let summary = filmed.film.close().await;
    let (reader, frames) = (filmed.reader(), filmed.feed());
    assert_eq!((reader.tail(), summary.frames, summary.lost), (Tail::Closed, frames.len() as u64, 0));
    assert!(frames.iter().all(|frame| frame.jpeg.starts_with(&[0xff, 0xd8, 0xff]) && frame.width > 100));
    let colours: std::collections::HashSet<_> =
        frames.iter().filter(|frame| frame.page == first.target).map(|frame| frame.jpeg.clone()).collect();
    assert!(colours.len() > 1, "a page that moves is seen to move");
    let navigations = reader.entries().filter(|entry| matches!(entry.as_ref().unwrap().event, Event::Navigation(_)));
    assert!(navigations.count() >= 2);
    filmed.world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_is_written_without_a_picture() {
    let mut filmed = Filmed::start(Record::Metadata).await;
    let page = filmed.world.client.page(&filmed.world.site.url("/moving")).await;
    filmed.world.client.evaluate(&page, "console.log('seen')").await;
    filmed.world.until("the line", |event| matches!(event, Event::Console(_)).then_some(())).await;
    assert_eq!(filmed.feed(), []);
    let summary = filmed.film.close().await;
    assert!(summary.frames == 0 && summary.notes >= 3, "{summary:?}");
    filmed.world.finish().await;
}
