//! Whether the process may open enough descriptors.

use rustix::process::{Resource, getrlimit};

use super::{Check, Status};

/// Descriptors that one session takes: two pipes, the client, the egress listener and its connections.
const PER_SESSION: u64 = 64;

pub(super) fn descriptors(max_sessions: u32) -> Check {
    judge(getrlimit(Resource::Nofile).maximum, max_sessions)
}

fn judge(maximum: Option<u64>, max_sessions: u32) -> Check {
    let needed = 1024 + u64::from(max_sessions) * PER_SESSION;
    match maximum {
        Some(maximum) if maximum < needed => {
            let sentence = format!(
                "at most {maximum}, {max_sessions} sessions may need {needed}: raise the hard limit (ulimit -Hn)"
            );
            Check::new("descriptors", Status::Warn, sentence)
        }
        Some(maximum) => Check::new("descriptors", Status::Ok, format!("at most {maximum}")),
        None => Check::new("descriptors", Status::Ok, "no limit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_held_against_the_sessions() {
        assert_eq!(judge(Some(1024), 1).status, Status::Warn);
        assert_eq!(judge(Some(1_048_576), 100).status, Status::Ok);
        assert_eq!(judge(None, 100).status, Status::Ok);
    }
}
