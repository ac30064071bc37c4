//! What a hostile page throws at the recorder stays within its bounds.

use hangar_domain::timeline::{Event, Record};
use hangar_recorder::{Limits, Options};

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_lines_are_all_there_and_a_huge_one_is_cut() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    let flood = "for (let i = 0; i < 10000; i++) console.log('line', i);
        console.log('x'.repeat(5 << 20)); const a = {}; a.a = a; console.log(a);
        let deep = {}; let d = deep; for (let i = 0; i < 5000; i++) d = d.d = {}; console.log(deep, ...Array(500).fill('arg'));
        (function f(n) { n ? f(n - 1) : console.error('deep') })(300); 1";
    world.client.evaluate(&tab, flood).await;
    let deep = |event: &Event| matches!(event, Event::Console(line) if line.text == "deep").then(|| event.clone());
    let Event::Console(deep) = world.until("the last line", deep).await else { unreachable!() };
    let limits = Limits::default();
    assert!(deep.stack.len() <= limits.stack);
    let lines: Vec<String> = world
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Console(line) => Some(line.text),
            _ => None,
        })
        .collect();
    for (number, line) in lines[..10_000].iter().enumerate() {
        assert_eq!(*line, format!("line {number}"));
    }
    assert_eq!(lines.len(), 10_004);
    assert!(lines.iter().all(|line| line.len() <= limits.text));
    assert!(lines[10_000].starts_with("xxx") && lines[10_000].ends_with('…'));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_is_dropped_with_a_marker() {
    let limits = Limits { waiting: 50, ..Limits::default() };
    let world = World::with(Options { limits, ..Options::new(Record::Metadata) }, Vec::new()).await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    world
        .client
        .evaluate(&tab, "for (let i = 0; i < 5000; i++) console.log(i + 'y'.repeat(100)); console.log('end'); 1")
        .await;
    // Whatever was dropped is counted: kept and dropped together are all.
    hangar_testkit::wait::eventually("all of them", async || {
        let (mut kept, mut dropped) = (0, 0);
        for event in world.events() {
            match event {
                Event::Console(_) => kept += 1,
                Event::Dropped(marker) => {
                    assert_eq!(marker.reason, "slow");
                    dropped += marker.count;
                }
                _ => {}
            }
        }
        if kept + dropped >= 5001 { Ok(()) } else { Err(format!("{kept} kept, {dropped} dropped")) }
    })
    .await;
    world.finish().await;
}
