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
    let snapshot = rig.driver.snapshot(PATIENCE * 6).await.unwrap();
    println!("snapshot {:?}, {} bytes", started.elapsed(), snapshot.len());
    assert!(snapshot.contains("link \"open 9999\""), "{}", &snapshot[..500]);
    rig.end().await;
}
