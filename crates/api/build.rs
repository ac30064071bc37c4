//! The viewer's pages are embedded: a build after them must see that they have changed.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
