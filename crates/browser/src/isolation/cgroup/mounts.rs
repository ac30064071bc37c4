//! Which control groups this process is in, as folders (proc(5): `/proc/self/cgroup`, `/proc/self/mountinfo`).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The server's own group in one hierarchy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OwnGroup {
    pub(super) path: PathBuf,
    pub(super) unified: bool,
    controllers: Vec<String>,
}

impl OwnGroup {
    /// Whether this hierarchy has a controller that we set limits with.
    pub(super) fn limits(&self) -> bool {
        self.controllers.iter().any(|controller| super::CONTROLLERS.contains(&controller.as_str()))
    }
}

/// All hierarchies that are mounted.
pub(super) fn own_groups() -> io::Result<Vec<OwnGroup>> {
    Ok(parse(&fs::read_to_string("/proc/self/mountinfo")?, &fs::read_to_string("/proc/self/cgroup")?))
}

fn parse(mountinfo: &str, cgroup: &str) -> Vec<OwnGroup> {
    mountinfo.lines().filter_map(|line| mounted(line, cgroup)).collect()
}

fn mounted(line: &str, cgroup: &str) -> Option<OwnGroup> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(3);
    let (root, point) = (left.next()?, left.next()?);
    let mut right = right.split(' ');
    let (kind, options) = (right.next()?, right.nth(1)?);
    let unified = match kind {
        "cgroup2" => true,
        "cgroup" => false,
        _ => return None,
    };
    let controllers: Vec<String> = options.split(',').filter(|name| *name != "rw").map(str::to_owned).collect();
    let own = cgroup.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let names = parts.next()?;
        let is_this = if unified {
            names.is_empty()
        } else {
            names.split(',').any(|name| controllers.iter().any(|own| own == name))
        };
        is_this.then(|| parts.next()).flatten()
    })?;
    // Inside a container the mount may begin at the container's own group, and the path may point out of it.
    let inside =
        Path::new(own).strip_prefix(root).or_else(|_| Path::new(own).strip_prefix("/")).unwrap_or(Path::new(""));
    let inside = if own.contains("..") { Path::new("") } else { inside };
    Some(OwnGroup { path: Path::new(point).join(inside).components().collect(), unified, controllers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hybrid_machine_has_both() {
        let mountinfo = "30 25 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
                         31 25 0:27 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n\
                         32 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
                         33 25 0:29 / /proc rw - proc proc rw\n";
        let groups = parse(mountinfo, "6:freezer:/\n4:memory:/jobs/one\n0::/\n");
        let paths: Vec<_> = groups.iter().map(|group| group.path.to_str().unwrap()).collect();
        assert_eq!(paths, ["/sys/fs/cgroup/memory/jobs/one", "/sys/fs/cgroup/freezer", "/sys/fs/cgroup/unified"]);
        assert!(groups[0].limits() && !groups[1].limits() && groups[2].unified);
    }

    #[test]
    fn a_container_sees_its_own_group_as_the_root() {
        let mountinfo = "32 25 0:28 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw,nsdelegate\n";
        assert_eq!(parse(mountinfo, "0::/docker/abc\n")[0].path, Path::new("/sys/fs/cgroup"));
        assert_eq!(parse(mountinfo, "0::/../x\n")[0].path, Path::new("/sys/fs/cgroup"));
    }
}
