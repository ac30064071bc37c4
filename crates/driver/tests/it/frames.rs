//! Elements in frames of the page's own process and of others.

use hangar_driver::{Direction, Extract, Format, Sight};
use hangar_testkit::{site::Site, wait::eventually};
use serde_json::json;

use crate::rig::{PATIENCE, Rig, SHORT, site};

/// A page in the frame that notes what happens to it where the test can read it.
const INNER: &str = "<!doctype html><title>inner</title><body style='margin:0'>
    <div style='height:60px'></div><button id=in onclick=\"this.textContent = 'clicked'\">in</button><input id=field>
    <select id=list><option>a<option>b</select><p id=text>inner text</p>";

/// A list in the frame that can be scrolled.
const LONG: &str = "<!doctype html><title>long</title><body style='margin:0'>
    <div id=list style='height:100vh;overflow:auto'><div style='height:3000px'></div></div>";

/// The test's page around a frame at `src`, which is far down, scaled and has a border.
fn outer(src: &str) -> String {
    format!(
        "<!doctype html><title>outer</title><div style='height:1500px'></div>
        <iframe id=frame src='{src}' style='border:7px solid;padding:3px;width:500px;height:300px;transform:scale(.8)'></iframe>"
    )
}

async fn acts_in(rig: &Rig) {
    rig.click("#in").await;
    let read = async |selector: &str| {
        let wanted = Extract { selector, attribute: None, multiple: false, format: Format::Text };
        rig.driver.extract(wanted, PATIENCE).await.unwrap().data
    };
    assert_eq!(read("#in").await, "clicked");
    rig.driver.type_text("#field", "typed", PATIENCE).await.unwrap();
    rig.driver.fill("#field", "filled", PATIENCE).await.unwrap();
    rig.driver.type_text("#field", "!", PATIENCE).await.unwrap();
    rig.driver.select("#list", "b", PATIENCE).await.unwrap();
    rig.driver.hover("#text", PATIENCE).await.unwrap();
    rig.click("#text").await;
    rig.click("#in").await;
    rig.driver.wait("#text", Sight::Visible, PATIENCE).await.unwrap();
    rig.driver.wait_for_text("inner text", PATIENCE).await.unwrap();
    let snapshot = rig.driver.snapshot(PATIENCE).await.unwrap();
    assert!(snapshot.contains("value=\"filled!\""), "{snapshot}");
    let frame = snapshot.lines().position(|line| line.trim_start().starts_with("Iframe")).unwrap();
    let button = snapshot.lines().position(|line| line.contains("button \"clicked\"")).unwrap();
    assert!(button > frame, "{snapshot}");
    assert!(!rig.driver.screenshot(false, Some("#in"), PATIENCE).await.unwrap().is_empty());
}

#[tokio::test]
async fn frames_of_the_same_origin_are_part_of_the_page() {
    let rig = Rig::at(&[("/outer", &outer("/inner")), ("/inner", INNER)]).await;
    acts_in(&rig).await;
    rig.end().await;
}

/// The test's site and another one; with `isolating` each in a process of its own.
async fn two_sites(isolating: bool) -> (Rig, Site) {
    let other = site(
        "127.0.0.2",
        &[
            ("/inner", INNER),
            ("/long", LONG),
            ("/hang", "<script>onload = () => setTimeout(() => { for (;;); })</script>"),
        ],
    )
    .await;
    let around = format!(
        "<!doctype html><title>middle</title><body style='margin:0'><iframe src='{}' width=450 height=250></iframe>",
        other.url("/inner")
    );
    let hidden = format!(
        "<!doctype html><iframe id=frame src='{}' style='visibility:hidden' width=400 height=300></iframe>",
        other.url("/inner")
    );
    let covered = format!(
        "<!doctype html><div style='position:relative;width:400px'><iframe src='{}' width=400 height=300></iframe><div id=over style='position:absolute;inset:0'></div></div>",
        other.url("/inner")
    );
    let hang = format!(
        "<!doctype html><title>hang</title><iframe src='{}'></iframe><button id=mine>m</button>",
        other.url("/hang")
    );
    let filled = format!(
        "<!doctype html><style>iframe {{ position: fixed; inset: 0; width: 100%; height: 100%; border: 0 }}</style>
        <iframe src='{}'></iframe>",
        other.url("/long")
    );
    let pages = [
        ("/outer", outer(&other.url("/inner"))),
        ("/nested", outer("/around")),
        ("/around", around),
        ("/hidden", hidden),
        ("/covered", covered),
        ("/hang", hang),
        ("/filled", filled),
    ];
    let pages: Vec<(&str, &str)> = pages.iter().map(|(path, body)| (*path, body.as_str())).collect();
    let site = site("127.0.0.1", &pages).await;
    let rig = if isolating { Rig::isolating(site, "/outer").await } else { Rig::on(site, "/outer").await };
    (rig, other)
}

async fn acts_across_origins(isolating: bool) {
    let (rig, _other) = two_sites(isolating).await;
    eventually("the frame's process", async || {
        let targets = rig.ready.director.session().call("Target.getTargets", &json!({})).await.unwrap();
        let is_apart = targets.get().contains("\"iframe\"");
        (is_apart == isolating).then_some(()).ok_or_else(|| targets.get().to_owned())
    })
    .await;
    acts_in(&rig).await;
    rig.go("/nested").await;
    acts_in(&rig).await;
    rig.end().await;
}

#[tokio::test]
async fn frames_of_other_origins_are_part_of_the_page_too() {
    acts_across_origins(false).await;
}

#[tokio::test]
async fn so_are_frames_in_processes_of_their_own() {
    acts_across_origins(true).await;
}

/// Full Chromium moves smoothly; the end of it is waited for.
#[tokio::test]
async fn the_wheel_over_a_frame_moves_what_is_in_it() {
    for isolating in [false, true] {
        let (rig, _other) = two_sites(isolating).await;
        rig.go("/filled").await;
        for (direction, amount, moved) in [(Direction::Down, 400, 400), (Direction::Up, 1000, 400)] {
            let scrolled = rig.driver.scroll(direction, amount, None, PATIENCE).await.unwrap();
            assert_eq!(scrolled, Some(moved), "isolating: {isolating}");
        }
        rig.go("/outer").await;
        assert_eq!(rig.driver.scroll(Direction::Down, 300, None, PATIENCE).await.unwrap(), Some(300));
        assert_eq!(rig.js("scrollY").await, 300);
        rig.end().await;
    }
}

#[tokio::test]
async fn what_no_input_gets_to_is_said_to_be_in_a_frame() {
    let (rig, _other) = two_sites(false).await;
    for (path, why) in [("/hidden", "is not visible"), ("/covered", "is covered by <div id=\"over\">")] {
        rig.go(path).await;
        let error = rig.click_fails("#in").await;
        assert_eq!(error.code(), "ELEMENT_IN_IFRAME", "{path}: {error}");
        assert!(error.to_string().contains(why), "{path}: {error}");
    }
    rig.end().await;
}

#[tokio::test]
async fn a_frame_that_hangs_holds_up_nobody_else() {
    let (rig, _other) = two_sites(true).await;
    rig.go("/hang").await;
    let t = rig.ready.director.session().call("Target.getTargets", &json!({})).await.unwrap();
    println!("{}", t.get());
    rig.click("#mine").await;
    let error = rig.driver.click("#in", SHORT * 2).await.unwrap_err();
    assert_eq!(error.code(), "ELEMENT_IN_IFRAME", "{error}");
    assert!(error.to_string().contains("crashed or hang"), "{error}");
    rig.end().await;
}

#[tokio::test]
async fn a_frame_that_comes_late_is_found_and_the_main_document_comes_first() {
    let rig = Rig::at(&[
        ("/outer", "<title>outer</title><script>setTimeout(() => document.body.innerHTML = '<iframe src=/inner width=400 height=300></iframe>', 300)</script><body>"),
        ("/inner", INNER),
        ("/both", "<iframe srcdoc='<p class=x>framed</p>'></iframe><p class=x>mine</p>"),
    ])
    .await;
    rig.click("#in").await;
    rig.go("/both").await;
    let wanted = Extract { selector: ".x", attribute: None, multiple: true, format: Format::Text };
    let extracted = rig.driver.extract(wanted, PATIENCE).await.unwrap();
    assert_eq!((extracted.data, extracted.count), (json!(["mine"]), 1));
    let missing = rig.driver.extract(Extract { selector: ".y", ..wanted }, SHORT).await.unwrap_err();
    assert_eq!(missing.code(), "ELEMENT_NOT_FOUND");
    rig.end().await;
}
