//! Names that are never public, by what they are, before anything is resolved.
//!
//! It must never take a name for harmless because it has more labels or a dot at its end.

use super::address::AddressClass;

/// The class of a name that is never public: RFC 6761 `localhost`, RFC 6762 `local`, RFC 8375 `home.arpa`, the
/// `internal` that ICANN set aside in 2024, the clouds' metadata names, and names of one label, which only a search
/// list or a hosts file can resolve. `name` is lower case, as the URL host parser leaves it.
pub(super) fn name_class(name: &str) -> Option<AddressClass> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let under = |zone: &str| name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if under("localhost") || under("localdomain") {
        Some(AddressClass::Loopback)
    } else if matches!(name, "metadata.google.internal" | "metadata.goog" | "instance-data.ec2.internal") {
        Some(AddressClass::Metadata)
    } else if under("local") {
        Some(AddressClass::LinkLocal)
    } else if under("internal") || under("home.arpa") || !name.contains('.') {
        Some(AddressClass::Private)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_never_public() {
        let table = [
            ("localhost", Some(AddressClass::Loopback)),
            ("localhost.", Some(AddressClass::Loopback)),
            ("a.b.localhost", Some(AddressClass::Loopback)),
            ("printer.local", Some(AddressClass::LinkLocal)),
            ("metadata.google.internal", Some(AddressClass::Metadata)),
            ("metadata.google.internal.", Some(AddressClass::Metadata)),
            ("db.internal", Some(AddressClass::Private)),
            ("nas.home.arpa", Some(AddressClass::Private)),
            ("intranet", Some(AddressClass::Private)),
            ("example.com", None),
            ("notlocalhost.com", None),
            ("mylocal.example", None),
            ("thelocal.se", None),
        ];
        for (name, class) in table {
            assert_eq!(name_class(name), class, "{name}");
        }
    }
}
