//! The command line of bubblewrap: what a browser at L3 finds in its world.
//!
//! The list is what is let in, everything else is not there. It must never let in a folder of the host that is not the
//! same on every machine of the distribution, apart from the session's own.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// Folders that are either links into /usr or real, by the age of the distribution.
const ROOT_FOLDERS: [&str; 5] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64"];
/// Read-only, where the host has them. The font cache saves each browser from building its own.
const SHARED: [&str; 6] =
    ["/etc/fonts", "/etc/ssl", "/etc/alternatives", "/etc/ld.so.cache", "/etc/chromium", "/var/cache/fontconfig"];

/// The bubblewrap of this machine.
#[derive(Clone, Debug)]
pub(crate) struct Bwrap {
    path: PathBuf,
}

/// What differs between two browsers.
pub(crate) struct BwrapArgs<'a> {
    /// The browser's program.
    pub(crate) binary: &'a Path,
    /// The session's folder as the child sees it before bubblewrap moves it.
    pub(crate) source: &'a Path,
    /// Where the browser sees it.
    pub(crate) data: &'a Path,
    /// The descriptor that bubblewrap writes the ids of process and namespaces to.
    pub(crate) info_fd: i32,
}

impl Bwrap {
    /// The one on the PATH.
    pub(crate) fn find() -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path).map(|folder| folder.join("bwrap")).find(|file| file.is_file()).map(|path| Self { path })
    }

    /// The program itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Everything before the browser's own command line.
    pub(crate) fn args(&self, with: &BwrapArgs<'_>) -> Vec<OsString> {
        let mut args = Args::default();
        args.push(["--info-fd", &with.info_fd.to_string()]);
        args.push(["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net"]);
        args.push(["--hostname", "browser", "--die-with-parent", "--new-session"]);
        args.push(["--ro-bind", "/usr", "/usr"]);
        for folder in ROOT_FOLDERS {
            match fs::read_link(folder) {
                Ok(target) => args.push([OsString::from("--symlink"), target.into(), folder.into()]),
                Err(_) => args.push(["--ro-bind-try", folder, folder]),
            }
        }
        for shared in SHARED {
            args.push(["--ro-bind-try", shared, shared]);
        }
        args.push(["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/dev/shm", "--tmpfs", "/tmp"]);
        if let Some(home) = with.binary.parent().filter(|home| !home.starts_with("/usr")) {
            args.push([OsString::from("--ro-bind"), home.into(), home.into()]);
        }
        args.push([OsString::from("--bind"), with.source.into(), with.data.into()]);
        args.push([OsString::from("--chdir"), with.data.into(), "--".into(), with.binary.into()]);
        args.0
    }
}

#[derive(Default)]
struct Args(Vec<OsString>);

impl Args {
    fn push<T: Into<OsString>>(&mut self, args: impl IntoIterator<Item = T>) {
        self.0.extend(args.into_iter().map(Into::into));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(binary: &str) -> String {
        let bwrap = Bwrap { path: "/usr/bin/bwrap".into() };
        let args = bwrap.args(&BwrapArgs {
            binary: Path::new(binary),
            source: Path::new("/mnt"),
            data: Path::new("/data"),
            info_fd: 5,
        });
        args.join(OsString::from(" ").as_os_str()).into_string().unwrap()
    }

    #[test]
    fn the_network_and_the_processes_are_its_own() {
        let line = line("/usr/lib/chromium/chromium-headless-shell");
        for part in ["--unshare-net", "--unshare-pid", "--die-with-parent", "--bind /mnt /data"] {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(line.ends_with("-- /usr/lib/chromium/chromium-headless-shell"), "{line}");
        assert!(!line.contains("--bind / "), "{line}");
    }

    #[test]
    fn a_browser_outside_usr_brings_its_folder() {
        assert!(line("/opt/chrome/chrome").contains("--ro-bind /opt/chrome /opt/chrome"));
    }
}
