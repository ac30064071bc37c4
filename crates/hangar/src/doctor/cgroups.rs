//! Which version of cgroups there is: sessions get their limits from them.

use hangar_browser::CgroupSupport;

use super::{Check, Status};

/// What was really tried, in a sentence.
pub(super) fn check(support: &CgroupSupport) -> Check {
    let check = |status, sentence: String| Check::new("cgroups", status, sentence);
    match support {
        CgroupSupport::V2 => check(Status::Ok, "version 2".to_owned()),
        CgroupSupport::Hybrid => check(Status::Ok, "versions 1 and 2 (hybrid)".to_owned()),
        CgroupSupport::V1 => check(Status::Ok, "version 1".to_owned()),
        CgroupSupport::None(why) => {
            check(Status::Warn, format!("{why}: sessions have no limits on memory, processes and processor"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_cgroups_the_reason_is_told() {
        assert_eq!(check(&CgroupSupport::V2).status, Status::Ok);
        let none = check(&CgroupSupport::None("read-only mount".to_owned()));
        assert!(none.status == Status::Warn && none.sentence.starts_with("read-only mount: "), "{none:?}");
    }
}
