//! initdb, start, stop: PostgreSQL's own programs do the work.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::place::Place;
use super::{Durability, SUPERUSER, failed};
use crate::{Error, Result};

/// The version whose PostGIS the migrations are tested on.
const PG_VERSION: &str = "15";
const BIN: &str = "/usr/lib/postgresql/15/bin";

/// Starts the server, or finds it running; gives the folder of its socket.
pub(super) fn start_or_join(place: &Place, account: &Account, durability: Durability) -> Result<PathBuf> {
    if !Path::new(BIN).join("postgres").exists() {
        return Err(Error::Setup(format!(
            "PostgreSQL {PG_VERSION} is not installed: apt-get install postgresql-15 postgresql-15-postgis-3"
        )));
    }
    initialise(place, account)?;
    if let Some(socket_dir) = running(place)? {
        return Ok(socket_dir);
    }
    write_settings(place, account, durability)?;
    let log = place.data_dir.join("server.log");
    let mut command = account.command(&Path::new(BIN).join("pg_ctl"));
    command
        .args(["start", "--wait", "--silent", "--timeout=60", "-D"])
        .arg(&place.data_dir)
        .arg("-l")
        .arg(&log);
    run(command, "start PostgreSQL").map_err(|e| {
        let tail = std::fs::read_to_string(&log).unwrap_or_default();
        let tail: Vec<&str> = tail.lines().rev().take(5).collect();
        Error::Setup(format!("{e}\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n")))
    })?;
    Ok(place.socket_dir.clone())
}

/// Stops the server and waits for it.
pub(super) fn stop(place: &Place, account: &Account) -> Result<()> {
    let mut command = account.command(&Path::new(BIN).join("pg_ctl"));
    command.args(["stop", "--mode=fast", "--wait", "--silent", "-D"]).arg(&place.data_dir);
    run(command, "stop PostgreSQL")
}

fn initialise(place: &Place, account: &Account) -> Result<()> {
    let version_file = place.data_dir.join("PG_VERSION");
    match std::fs::read_to_string(&version_file) {
        Ok(found) if found.trim() == PG_VERSION => return Ok(()),
        Ok(found) => return Err(other_version(found.trim(), place)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(failed(&format!("read {}", version_file.display()), e)),
    }
    // initdb wants an empty folder. It writes PG_VERSION early, so work beside the final place and rename: a
    // killed first start then leaves nothing that looks finished.
    let fresh = place.data_dir.with_extension("new");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).map_err(|e| failed("clear an unfinished initdb", e))?;
    }
    std::fs::create_dir(&fresh).map_err(|e| failed(&format!("create {}", fresh.display()), e))?;
    std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o700))
        .map_err(|e| failed("close it", e))?;
    account.own(&fresh)?;
    let mut command = account.command(&Path::new(BIN).join("initdb"));
    command
        .args([
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--auth=peer",
            "--username",
            SUPERUSER,
        ])
        .arg("-D")
        .arg(&fresh);
    run(command, "make the database cluster")?;
    std::fs::remove_dir(&place.data_dir)
        .and_then(|()| std::fs::rename(&fresh, &place.data_dir))
        .map_err(|e| failed(&format!("put the new cluster into {}", place.data_dir.display()), e))
}

fn other_version(found: &str, place: &Place) -> Error {
    let data = place.data_dir.display();
    let socket = place.socket_dir.display();
    Error::Setup(format!(
        "{data} holds a PostgreSQL {found} cluster; this program runs {PG_VERSION}. Move over with:\n  \
         /usr/lib/postgresql/{found}/bin/pg_ctl -D {data} -o \"-c unix_socket_directories={socket}\" start\n  \
         pg_dump -h {socket} -U {SUPERUSER} -Fc dothi > dothi.dump\n  \
         /usr/lib/postgresql/{found}/bin/pg_ctl -D {data} stop\n  \
         mv {data} {data}.{found}\n  \
         dothi migrate\n  \
         dothi cluster run &  pg_restore -h {socket} -U {SUPERUSER} --clean --if-exists -d dothi dothi.dump"
    ))
}

/// The socket folder of the running server, from its pid file (pid in line 1, socket folder in line 5), where it
/// runs. A server that was killed leaves its pid file, and where nobody reaps it the pid too, which both pg_ctl and
/// the next server take for alive: those files are cleared here.
fn running(place: &Place) -> Result<Option<PathBuf>> {
    let pid_file = place.data_dir.join("postmaster.pid");
    let text = match std::fs::read_to_string(&pid_file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed("read postmaster.pid", e)),
    };
    let mut lines = text.lines();
    let pid = lines.next().unwrap_or_default().trim();
    let socket_dir =
        lines.nth(3).filter(|l| !l.is_empty()).map_or_else(|| place.socket_dir.clone(), PathBuf::from);
    if is_postgres(pid) {
        return Ok(Some(socket_dir));
    }
    for stale in [pid_file, socket_dir.join(".s.PGSQL.5432.lock"), socket_dir.join(".s.PGSQL.5432")] {
        match std::fs::remove_file(&stale) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(&format!("clear {}", stale.display()), e));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Whether `pid` is a living postgres, neither a zombie nor another program that got the number since.
fn is_postgres(pid: &str) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // "pid (name) state …"
    let name = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')'));
    name.is_some_and(|(name, rest)| name.starts_with("postgres") && !rest.trim_start().starts_with('Z'))
}

/// Settings and authentication are written at each start: they follow the program, not the day of initdb.
fn write_settings(place: &Place, account: &Account, durability: Durability) -> Result<()> {
    let fsync = match durability {
        Durability::Full => "",
        Durability::None => "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n",
    };
    let settings = format!(
        "listen_addresses = ''\nunix_socket_directories = '{}'\nunix_socket_permissions = 0700\n\
         max_connections = 120\nshared_buffers = 256MB\nwork_mem = 16MB\nmaintenance_work_mem = 256MB\n\
         max_wal_size = 2GB\njit = off\ntimezone = 'UTC'\nlog_timezone = 'UTC'\n\
         log_line_prefix = '%m [%p] %u@%d '\n{fsync}",
        place.socket_dir.display()
    );
    // Both the account of the server and root (who starts it) may take the roles of this program.
    let map: Vec<String> = [account.name.as_str(), "root"]
        .iter()
        .flat_map(|user| {
            [SUPERUSER, "dothi_owner", "dothi_serve"].map(|role| format!("dothi {user} {role}\n"))
        })
        .collect();
    write(&place.data_dir.join("dothi.conf"), &settings, account)?;
    write(&place.data_dir.join("pg_ident.conf"), &map.concat(), account)?;
    write(&place.data_dir.join("pg_hba.conf"), "local all all peer map=dothi\n", account)?;
    let main = place.data_dir.join("postgresql.conf");
    let text = std::fs::read_to_string(&main).map_err(|e| failed("read postgresql.conf", e))?;
    let include = "include 'dothi.conf'";
    if !text.contains(include) {
        write(&main, &format!("{text}\n{include}\n"), account)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str, account: &Account) -> Result<()> {
    std::fs::write(path, text).map_err(|e| failed(&format!("write {}", path.display()), e))?;
    account.own(path)
}

fn run(mut command: Command, what: &str) -> Result<()> {
    // With `-l`, pg_ctl points the server's output at the log, so these pipes close with pg_ctl itself.
    let output = command.stdin(std::process::Stdio::null()).output().map_err(|e| failed(what, e))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(what, String::from_utf8_lossy(&output.stderr).trim()))
}
