//! Clicks and hovers that wait for what a person would wait for.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Instant,
};

use hangar_driver::{Direction, Move};
use serde_json::{Value, json};

use crate::rig::{PATIENCE, Rig, SHORT};

/// Says in the title what was clicked.
const NOTE: &str = "onclick=\"document.title += '+' + (event.isTrusted ? this.id : 'fake')\"";

#[tokio::test]
async fn a_ready_button_gets_the_whole_sequence_of_trusted_events() {
    let rig = Rig::showing(
        "<button id=b>B</button><script>window.seen = [];
        for (const kind of ['mouseover', 'mousemove', 'mousedown', 'mouseup', 'click'])
          b.addEventListener(kind, (e) => seen.push(`${kind} ${e.isTrusted} ${e.buttons}`));</script>",
    )
    .await;
    rig.click("#b").await;
    let seen = rig.js("seen").await;
    assert_eq!(
        seen,
        json!(["mouseover true 0", "mousemove true 0", "mousedown true 1", "mouseup true 0", "click true 0"])
    );
    rig.end().await;
}

#[tokio::test]
async fn elements_that_come_move_and_wake_late_are_waited_for() {
    let rig = Rig::showing(&format!(
        "<style>@keyframes go {{ from {{ margin-left: 0 }} to {{ margin-left: 400px }} }}</style>
        <div id=late></div>
        <button id=moving {NOTE} style='animation: go 600ms linear both'>moving</button>
        <button id=asleep disabled {NOTE}>asleep</button>
        <fieldset id=set disabled><button id=within {NOTE}>within</button></fieldset>
        <div id=aria aria-disabled=true><button id=held {NOTE}>held</button></div>
        <div style='position:relative'><button id=under {NOTE}>under</button>
          <div id=over class=overlay style='position:absolute;inset:0;background:red'></div></div>
        <button id=hidden {NOTE} style='visibility:hidden'>hidden</button>
        <script>
        setTimeout(() => late.innerHTML = `<button id=born {}>born</button>`, 300);
        setTimeout(() => {{ asleep.disabled = false; set.disabled = false; aria.ariaDisabled = 'false'; }}, 300);
        setTimeout(() => over.remove(), 300);
        setTimeout(() => hidden.style.visibility = '', 300);
        </script>",
        NOTE.replace('"', "&quot;").replace("onclick=&quot;", "onclick=\"").replace("'fake')&quot;", "'fake')\"")
    ))
    .await;
    for id in ["moving", "born", "asleep", "within", "held", "under", "hidden"] {
        rig.click(&format!("#{id}")).await;
    }
    assert_eq!(rig.js("document.title").await, "page+moving+born+asleep+within+held+under+hidden");
    rig.end().await;
}

#[tokio::test]
async fn what_a_person_could_not_click_times_out_and_says_why() {
    let rig = Rig::showing(&format!(
        "<div style='position:relative;width:100px'><button id=under {NOTE}>under</button>
          <div class='overlay big' id=over style='position:absolute;inset:0'></div></div>
        <button id=off disabled {NOTE}>off</button>
        <button id=none style='display:none' {NOTE}>none</button>
        <button id=empty style='width:0;height:0;padding:0;border:0' {NOTE}></button>
        <button id=gone style='position:absolute;left:-500px' {NOTE}>gone</button>
        <button id=through style='pointer-events:none' {NOTE}>through</button>
        <style>@keyframes go {{ to {{ transform: translateX(300px) }} }}</style>
        <button id=dancing style='animation: go 300ms infinite alternate' {NOTE}>dancing</button>"
    ))
    .await;
    let cases = [
        ("#under", "is covered by <div id=\"over\" class=\"overlay big\">"),
        ("#off", "is disabled"),
        ("#none", "is not visible"),
        ("#empty", "is not visible"),
        ("#gone", "cannot be scrolled into the window"),
        ("#through", "is covered by"),
        ("#dancing", "is moving"),
    ];
    for (selector, why) in cases {
        let started = Instant::now();
        let error = rig.click_fails(selector).await;
        assert_eq!(error.code(), "OPERATION_TIMEOUT", "{selector}: {error}");
        assert!(error.to_string().contains(why), "{selector}: {error}");
        assert!(!error.hint().is_empty());
        let took = started.elapsed();
        assert!(took < SHORT * 3, "{selector}: {took:?}");
    }
    assert_eq!(rig.js("document.title").await, "page");
    rig.end().await;
}

#[tokio::test]
async fn nothing_found_and_no_selector_are_told_apart() {
    let rig = Rig::showing("<p>x").await;
    let missing = rig.click_fails("#missing").await;
    assert_eq!((missing.code(), missing.to_string().as_str()), ("ELEMENT_NOT_FOUND", "no element matches #missing"));
    for bad in ["div[", "##", "a:nonsense(b)", ""] {
        assert_eq!(rig.click_fails(bad).await.code(), "INVALID_REQUEST", "{bad}");
    }
    rig.end().await;
}

#[tokio::test]
async fn elements_far_away_are_scrolled_to_also_from_under_a_fixed_header() {
    let rig = Rig::showing(&format!(
        "<div style='position:fixed;top:0;left:0;right:0;height:45%;background:red' id=header></div>
        <div style='position:fixed;bottom:0;left:0;right:0;height:45%;background:red' id=footer></div>
        <div style='height:3000px'></div><button id=far {NOTE}>far</button><div style='height:3000px'></div>
        <div id=box style='height:100px;overflow:auto'><div style='height:900px'></div><button id=deep {NOTE}>d</button></div>"
    ))
    .await;
    rig.click("#far").await;
    rig.js("(header.remove(), footer.remove())").await;
    rig.click("#deep").await;
    assert_eq!(rig.js("document.title").await, "page+far+deep");
    rig.end().await;
}

#[tokio::test]
async fn a_click_on_a_part_of_an_element_is_a_click_on_it() {
    let rig = Rig::showing(&format!(
        "<button id=b {NOTE}><span style='display:block;padding:20px'>inner</span></button>
        <label id=l for=c>label</label><input id=c type=checkbox>
        <a id=lines href='#x' {NOTE} style='display:inline'>first<br>second</a>
        <div id=contents style='display:contents' {NOTE}><b>text</b></div>"
    ))
    .await;
    for selector in ["#b", "#b span", "#l", "#lines", "#contents"] {
        rig.click(selector).await;
    }
    assert_eq!(
        rig.js("[document.title, c.checked, location.hash]").await,
        json!(["page+b+b+lines+contents", true, "#x"])
    );
    rig.end().await;
}

#[tokio::test]
async fn hovering_needs_no_enabled_element() {
    let rig = Rig::showing(
        "<style>#menu:hover #item { display:block } #item { display:none }</style>
        <div id=menu>menu<button id=item>item</button></div><button id=off disabled>off</button>",
    )
    .await;
    rig.driver.hover("#menu", PATIENCE).await.unwrap();
    rig.comes("getComputedStyle(item).display", "block").await;
    rig.driver.hover("#off", PATIENCE).await.unwrap();
    rig.end().await;
}

#[tokio::test]
async fn scrolling_turns_the_wheel_over_the_middle_or_brings_an_element_there() {
    let rig = Rig::showing(
        "<div style='height:4000px'></div><div id=end>end</div>
        <script>window.turns = 0; addEventListener('wheel', (event) => { turns += event.isTrusted ? 1 : 0 });
        window.inner = () => { document.body.innerHTML = '<div id=box style=\"position:fixed;inset:0;overflow:auto\"><div style=\"height:5000px;width:5000px\"></div></div>'; }</script>",
    )
    .await;
    let scroll =
        async |direction, amount, selector| rig.driver.scroll(direction, amount, selector, PATIENCE).await.unwrap();
    assert_eq!(scroll(Direction::Down, 500, None).await, Some(500));
    assert_eq!(rig.js("[scrollY, turns]").await, json!([500, 1]), "a wheel, as a person has one");
    assert_eq!(scroll(Direction::Up, 200, None).await, Some(200));
    assert_eq!(rig.js("scrollY").await, 300);
    assert_eq!(scroll(Direction::Up, 1000, None).await, Some(300), "and there it ends");
    assert_eq!(scroll(Direction::Left, 100, None).await, Some(0));
    assert_eq!(scroll(Direction::Down, 0, None).await, Some(0));
    assert_eq!(scroll(Direction::Down, 0, Some("#end")).await, None);
    assert_eq!(rig.js("end.getBoundingClientRect().top < innerHeight").await, true);
    rig.js("inner()").await;
    assert_eq!(scroll(Direction::Down, 700, None).await, Some(700));
    assert_eq!(scroll(Direction::Right, 70, None).await, Some(70));
    assert_eq!(rig.js("[box.scrollTop, box.scrollLeft]").await, json!([700, 70]));
    let error = rig.driver.scroll(Direction::Down, 1, Some("#nothing"), SHORT).await.unwrap_err();
    assert_eq!(error.code(), "ELEMENT_NOT_FOUND");
    rig.end().await;
}

#[tokio::test]
async fn a_page_that_keeps_the_wheel_for_itself_does_not_move() {
    let rig = Rig::showing(
        "<div style='height:4000px'></div><script>
        addEventListener('wheel', (event) => { event.preventDefault(); window.kept = event.deltaY; }, { passive: false });</script>",
    )
    .await;
    assert_eq!(rig.driver.scroll(Direction::Down, 500, None, PATIENCE).await.unwrap(), Some(0));
    assert_eq!(rig.js("[scrollY, kept]").await, json!([0, 500]));
    rig.js("onwheel = () => confirm('leave?')").await;
    assert_eq!(rig.driver.scroll(Direction::Down, 500, None, PATIENCE).await.unwrap(), None);
    assert_eq!(rig.dialog().await.message, "leave?");
    rig.driver.answer_dialog(true, None).await.unwrap();
    rig.end().await;
}

#[tokio::test]
async fn a_phone_whose_page_is_shown_small_is_clicked_where_it_shows() {
    let rig = Rig::showing(&format!(
        "<button id=b {NOTE} style='position:absolute;left:800px;top:1200px'>b</button><input id=i style='margin-top:900px'>"
    ))
    .await;
    let phone = hangar_browser::Emulation { device: hangar_browser::Device::Android, ..Default::default() };
    rig.ready.director.assign(phone);
    rig.go("/page?phone").await;
    assert!(rig.js("innerWidth").await.as_u64().unwrap() > 800, "the page is laid out wider than the screen");
    rig.click("#b").await;
    assert_eq!(rig.js("document.title").await, "page+b");
    rig.driver.type_text("#i", "abc", PATIENCE).await.unwrap();
    rig.js("document.body.style.height = '9000px', scrollTo(0, 0)").await;
    assert_eq!(rig.driver.scroll(Direction::Down, 200, None, PATIENCE).await.unwrap(), Some(200));
    rig.end().await;
}

#[tokio::test]
async fn a_witness_sees_every_move_of_the_hands_where_it_is_made() {
    let rig = Rig::showing(
        "<style>body { margin: 0 }</style><button id=b style='position:absolute;left:100px;top:50px;width:40px;height:20px'>B</button>",
    )
    .await;
    let seen = Arc::<Mutex<Vec<(String, Value, Value, Value)>>>::default();
    let pages = Arc::<Mutex<HashSet<String>>>::default();
    rig.driver.set_witness(Arc::new({
        let (seen, pages) = (seen.clone(), pages.clone());
        move |Move { page, method, params }| {
            pages.lock().unwrap().insert(page.to_owned());
            let field = |name: &str| params[name].clone();
            seen.lock().unwrap().push((method.to_owned(), field("type"), field("x"), field("y")));
        }
    }));
    rig.click("#b").await;
    rig.driver.hover("#b", PATIENCE).await.unwrap();
    rig.driver.press("a", None, PATIENCE).await.unwrap();
    let mouse = |kind| ("Input.dispatchMouseEvent".to_owned(), json!(kind), json!(120.0), json!(60.0));
    let key = |kind| ("Input.dispatchKeyEvent".to_owned(), json!(kind), Value::Null, Value::Null);
    let expected = [
        mouse("mouseMoved"),
        mouse("mousePressed"),
        mouse("mouseReleased"),
        mouse("mouseMoved"),
        key("keyDown"),
        key("keyUp"),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
    let open: HashSet<String> = rig.driver.pages().await.unwrap().into_iter().map(|page| page.id).collect();
    assert_eq!(*pages.lock().unwrap(), open);
    rig.end().await;
}
