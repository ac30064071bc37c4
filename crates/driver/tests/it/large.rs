//! Pages with ten thousand rows.

use std::time::Instant;

use hangar_driver::{Extract, Format};

use crate::rig::{PATIENCE, Rig};

#[tokio::test]
async fn a_table_of_ten_thousand_rows_is_read_clicked_and_outlined() {
    let rig = Rig::showing(
        "<table id=t></table><script>t.innerHTML = Array.from({ length: 10000 }, (_, i) =>
          `<tr id=r${i}><td>row ${i}</td><td><a href=#${i}>open ${i}</a></td></tr>`).join('')</script>",
    )
    .await;
    let started = Instant::now();
    let rows = Extract { selector: "tr", attribute: None, multiple: true, format: Format::Text };
    let extracted = rig.driver.extract(rows, PATIENCE).await.unwrap();
    println!("extract {:?}", started.elapsed());
    assert_eq!(extracted.count, 10_000);
    assert_eq!(extracted.data[9_999], "row 9999\topen 9999");
    let started = Instant::now();
    rig.click("#r9999 a").await;
    println!("click {:?}", started.elapsed());
    assert_eq!(rig.js("location.hash").await, "#9999");
    let started = Instant::now();
    let snapshot = rig.driver.snapshot(PATIENCE).await.unwrap();
    println!("snapshot {:?}, {} bytes", started.elapsed(), snapshot.len());
    assert!(snapshot.contains("link \"open 9999\""), "{}", &snapshot[..500]);
    assert!(snapshot.ends_with("read from its markup)\n"));
    rig.end().await;
}

#[tokio::test]
async fn an_outline_has_an_end_and_says_so() {
    let rig = Rig::showing("<div id=d></div><script>d.innerHTML = '<p>x</p>'.repeat(150000)</script>").await;
    let snapshot = rig.driver.snapshot(PATIENCE).await.unwrap();
    assert!(snapshot.len() <= (2 << 20) + 200, "{}", snapshot.len());
    let last: Vec<&str> = snapshot.lines().rev().take(2).collect();
    assert_eq!(last, ["… (the rest is left out)", "… (a large page: roles and names were read from its markup)"]);
    rig.end().await;
}

/// Every role, name and state that agents meet, with frames and shadow roots.
const SHOP: &str = "<main><h1>Shop</h1><button disabled>Buy</button><button aria-pressed=true>Pin</button>
    <label>Mail <input value='a@b' required></label><label for=pw>Password</label><input id=pw type=password value=secret>
    <input type=checkbox checked aria-label=Terms><input type=submit><input placeholder=Search type=search readonly value=x>
    <a href=/x>Link <b>bold</b></a><a>none</a><p>Some <em>text</em>, more</p><p hidden>not shown</p>
    <div style='visibility:hidden'>unseen<i style='visibility:visible'>seen</i></div><span aria-hidden=true>mute</span>
    <img src=/x alt='A picture'><nav aria-label=Menu><a href=/y aria-expanded=false>More</a></nav>
    <select aria-label=Size><option>S<option selected>M</select>
    <table><tr><th>Name</th><td>One</td><td><a href=/1>open 1</a></td></tr></table>
    <table><thead><tr><th>Head<th scope=row>Row<tbody><tr><td>1<td>2</table><ul><li>one<li><a href=/2>two</a></ul><ol><li>first<li>second</ol>
    <fieldset><legend>Pay</legend><input type=radio name=r aria-label=Card checked><input type=range value=3 aria-label=Much>
    <textarea aria-label=Note>long</textarea><input type=number value=4 aria-label=Count></fieldset><details><summary>Fold</summary>in</details>
    <blockquote>said</blockquote><pre>code</pre><dl><dt>term<dd>meaning</dl><button aria-label='By label'>x</button><button title=Titled></button>
    <progress value=.5></progress><input type=file><select multiple aria-label=Many><option selected>A<option>B</select>
    <header>Top</header><section aria-label=Part><h3>Third</h3></section><figure><img src=/y><figcaption>Caption</figcaption></figure>
    <div role=tab aria-selected=true>Tab</div><div id=host></div></main>
    <iframe src=/inner title=Inside></iframe>
    <script>host.attachShadow({ mode: 'open' }).innerHTML = '<button>Shaded</button>';</script>";

#[tokio::test]
async fn a_large_page_is_outlined_as_a_small_one_is() {
    let filled = format!(
        "{SHOP}<script>for (let i = 0; i < 9000; i++) document.body.append(document.createElement('template'))</script>"
    );
    let rig = Rig::at(&[
        ("/small", &format!("<!doctype html><title>page</title>{SHOP}")),
        ("/large", &format!("<!doctype html><title>page</title>{filled}")),
        ("/inner", "<title>inner</title><button>Inner</button>"),
    ])
    .await;
    let small = rig.driver.snapshot(PATIENCE).await.unwrap();
    rig.go("/large").await;
    let large = rig.driver.snapshot(PATIENCE).await.unwrap();
    let expected = format!("{small}… (a large page: roles and names were read from its markup)\n");
    assert_eq!(large, expected, "\n--- by markup:\n{large}\n--- by the browser:\n{expected}");
    rig.end().await;
}
