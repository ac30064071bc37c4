//! A PostgreSQL of this test process's own: started on first use, on a socket in a temporary folder, gone with the
//! process however that ends. A shell holds the server, waits for its standard input to close, then stops it and removes
//! the folder.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    sync::atomic::{AtomicU32, Ordering},
};

use sea_orm::{ConnectionTrait, Database};

const KEEPER: &str = r#"
dir=$1
initdb -D "$dir/data" -U hangar -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 &&
pg_ctl -D "$dir/data" -l "$dir/log" -w -t 60 \
    -o "-k '$dir' -c listen_addresses= -c fsync=off -c max_connections=400" start >>"$dir/log" 2>&1 </dev/null &&
echo ready || { cat "$dir/log"; rm -rf "$dir"; exit 1; }
read -r _
pg_ctl -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
rm -rf "$dir"
"#;

struct Server {
    socket: PathBuf,
    /// Its standard input, which nobody writes to, closes with this process and so ends the server.
    _keeper: Child,
}

/// Whether the machine's owner has said that there is no PostgreSQL here.
pub(crate) fn is_waived() -> bool {
    std::env::var_os("HANGAR_TEST_NO_POSTGRES").is_some_and(|value| value == "1")
}

/// The URL of a new, empty database.
pub(crate) async fn new_database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = tokio::task::spawn_blocking(server).await.unwrap();
    let name = format!("case_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let admin = Database::connect(url(server, "postgres")).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    url(server, &name)
}

fn url(server: &Server, database: &str) -> String {
    format!("postgres://hangar@localhost/{database}?host={}", server.socket.display())
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start)
}

fn start() -> Server {
    let programs = programs().expect(
        "PostgreSQL's initdb was not found: install Debian's package `postgresql`, or set HANGAR_TEST_NO_POSTGRES=1 to leave these cases out",
    );
    let dir = tempfile::Builder::new().prefix("hangar-pg-").tempdir().unwrap().keep();
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "keeper"]).arg(&dir).current_dir(&dir);
    keeper.env("PATH", format!("{}:/usr/bin:/bin", programs.display())).env("LC_ALL", "C");
    keeper.stdin(Stdio::piped()).stdout(Stdio::piped());
    // The server refuses to run as root, so there it runs as the user that the package made.
    if let Some((uid, gid)) = other_user() {
        chown(&dir, Some(uid), Some(gid)).unwrap();
        keeper.uid(uid).gid(gid);
    }
    let mut keeper = keeper.spawn().unwrap();
    let mut output = BufReader::new(keeper.stdout.take().unwrap()).lines();
    match output.next() {
        Some(Ok(line)) if line == "ready" => Server { socket: dir, _keeper: keeper },
        first => panic!("PostgreSQL did not start: {first:?} {:?}", output.collect::<Vec<_>>()),
    }
}

fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let bins = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_initdb = |dir: &PathBuf| dir.join("initdb").is_file();
    bins.filter(has_initdb).max().or_else(|| std::env::split_paths(&path).find(has_initdb))
}

/// Uid and gid of `postgres` where this process is root.
fn other_user() -> Option<(u32, u32)> {
    let is_root = fs::metadata(Path::new("/proc/self")).is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let entry = users.lines().find(|line| line.starts_with("postgres:"));
    let mut fields = entry.filter(|_| is_root)?.split(':').skip(2).map(|field| field.parse().unwrap());
    Some((fields.next()?, fields.next()?))
}
