//! Permissions that a client must not grant: those that open the network around the server to a page.

use super::Verdict;
use super::answer::Answer;
use super::command::{self, Command};

/// `Browser.grantPermissions`.
pub(super) fn grant(command: &Command<'_>) -> Result<Verdict, Answer> {
    let names = command.texts("permissions")?.unwrap_or_default();
    names.iter().try_for_each(|name| check(name))?;
    Ok(Verdict::Forward)
}

/// `Browser.setPermission`, whose `permission` is an object with a name.
pub(super) fn set(command: &Command<'_>) -> Result<Verdict, Answer> {
    if let Some(permission) = command.param("permission")?
        && let Some(name) = command::member(permission.as_bytes(), "name")?
    {
        check(&command::text(name, "name")?)?;
    }
    Ok(Verdict::Forward)
}

/// Spelled `localNetworkAccess` in the protocol and `local-network-access` on the web; the names changed more than once.
fn check(name: &str) -> Result<(), Answer> {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    if ["localnetwork", "loopbacknetwork", "privatenetwork"].iter().any(|word| plain.contains(word)) {
        return Err(Answer::failed(format!("The permission '{name}' is not available on this service")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_network_is_refused_in_every_spelling() {
        for name in [
            "localNetworkAccess",
            "localNetwork",
            "loopbackNetwork",
            "local-network-access",
            "LOCAL_NETWORK",
            "loopback-network",
        ] {
            assert!(check(name).is_err(), "{name}");
        }
        for name in ["geolocation", "notifications", "clipboardReadWrite", "local-fonts", "networking"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }
}
