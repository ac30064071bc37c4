//! What this process may have: a thousand clients need more descriptors than the usual soft limit.

use rustix::process::{Resource, getrlimit, setrlimit};

/// As many descriptors as the hard limit gives.
pub(crate) fn raise_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it stays as it is, the figure that needs them says so by failing.
    let _stays = setrlimit(Resource::Nofile, limit);
}
