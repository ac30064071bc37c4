//! Runs the fuzz targets' bodies over their committed corpora, so that what fuzzing found stays found.

#[path = "../../../../fuzz/bodies/filter.rs"]
mod filter;
#[path = "../../../../fuzz/bodies/frame_reader.rs"]
mod frame_reader;

#[expect(clippy::print_stdout, reason = "shown only on failure: names the file that it is about")]
fn each_file(target: &str, run: fn(&[u8])) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/").to_owned() + target;
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is committed") {
        let path = entry.expect("the corpus can be listed").path();
        println!("{}", path.display());
        run(&std::fs::read(&path).expect("a seed can be read"));
        count += 1;
    }
    assert!(count >= 10, "only {count} files in {folder}");
}

#[test]
fn frames() {
    each_file("frame_reader", frame_reader::run);
}

#[test]
fn commands() {
    each_file("filter", filter::run);
}
