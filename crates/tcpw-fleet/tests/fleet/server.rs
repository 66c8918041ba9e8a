//! A PostgreSQL of the test's own: Debian's programs, run by the user postgres, on a private socket
//! and on a port of the loopback with TLS by an authority that is made here; gone at the end.

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The user as whom Debian runs PostgreSQL.
const USER: &str = "postgres";
/// Who may do everything.
pub(crate) const ADMIN: &str = "admin";
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub(crate) struct Server {
    place: TempDir,
    programs: PathBuf,
    /// The port on the loopback, where TLS is spoken.
    pub(crate) port: u16,
    child: Option<Child>,
    /// Whether it has a small disk of its own for a tablespace.
    has_small_disk: bool,
}

/// Runs a program to its end, which must be a good one; gives what it printed.
pub(crate) fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The newest programs that Debian has installed.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql");
    let mut found: Vec<(u32, PathBuf)> = versions
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let number = path.file_name()?.to_str()?.parse().ok()?;
            path.join("bin/postgres")
                .exists()
                .then(|| (number, path.join("bin")))
        })
        .collect();
    found.sort();
    let (_, path) = found
        .pop()
        .expect("PostgreSQL is not installed: apt-get install postgresql");
    path
}

/// A command as the user of the server.
fn as_user(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", USER, "--regid", USER, "--clear-groups"])
        .arg(program)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8");
    command
}

/// A cluster that was made once for all tests, of the administrator `admin`.
fn cluster(programs: &Path, user: u32) -> PathBuf {
    let version = done(Command::new(programs.join("postgres")).arg("--version"));
    let name = version
        .trim()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if place.exists() {
        return place;
    }
    let new = tempfile::Builder::new()
        .prefix("tcpw-initdb")
        .tempdir()
        .unwrap();
    chown(new.path(), Some(user), Some(user)).unwrap();
    let word = new.path().join("word");
    fs::write(&word, "admin's own\n").unwrap();
    let data = new.path().join("data");
    done(
        as_user(&programs.join("initdb"))
            .args([
                "--username",
                ADMIN,
                "--auth",
                "scram-sha-256",
                "--auth-local",
                "trust",
            ])
            .args(["--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8"])
            .args(["--pgdata".as_ref(), data.as_os_str()])
            .args(["--pwfile".as_ref(), word.as_os_str()]),
    );
    let beside = place.with_extension(new.path().file_name().unwrap());
    done(Command::new("cp").arg("-a").arg(&data).arg(&beside));
    // Another test may have been faster; its cluster is as good.
    if fs::rename(&beside, &place).is_err() {
        fs::remove_dir_all(&beside).unwrap();
    }
    place
}

impl Server {
    /// Starts a new server with one database, `tcpw`, of the user `admin`.
    pub(crate) fn start() -> Self {
        Self::start_with(false)
    }

    /// Starts one that has a disk of four megabytes at `run/small`, which only it sees.
    pub(crate) fn start_with_small_disk() -> Self {
        Self::start_with(true)
    }

    fn start_with(has_small_disk: bool) -> Self {
        assert!(
            Uid::effective().is_root(),
            "this test starts a server as another user; run it as root"
        );
        let place = tempfile::Builder::new()
            .prefix("tcpw-pg")
            .tempdir()
            .unwrap();
        let programs = programs();
        let user = done(Command::new("id").args(["-u", USER]));
        let (user, base) = (user.trim().parse().unwrap(), place.path());
        fs::set_permissions(base, fs::Permissions::from_mode(0o755)).unwrap();
        let run = base.join("run");
        fs::create_dir(&run).unwrap();
        chown(&run, Some(user), Some(user)).unwrap();
        let made = cluster(&programs, user);
        done(
            Command::new("cp")
                .arg("-a")
                .arg(made)
                .arg(base.join("data")),
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut server = Self {
            place,
            programs,
            port,
            child: None,
            has_small_disk,
        };
        server.make_certificates(user);
        server.configure();
        server.run();
        server.sql("postgres", "CREATE DATABASE tcpw");
        server
    }

    /// An authority, the server's certificate for `localhost`, and another authority that signed nothing.
    fn make_certificates(&self, user: u32) {
        let base = self.place.path();
        for name in ["ca", "other"] {
            let subject = format!("/CN=fleet test {name}");
            self.openssl(&[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "30",
                "-subj",
                &subject,
                "-keyout",
                &format!("{name}.key"),
                "-out",
                &format!("{name}.pem"),
            ]);
        }
        self.sign("localhost", "subjectAltName=DNS:localhost");
        for name in ["localhost.key", "localhost.pem", "ca.pem"] {
            let path = base.join(name);
            chown(&path, Some(user), Some(user)).unwrap();
            let mode = if name == "localhost.key" {
                0o600
            } else {
                0o644
            };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    /// Makes `NAME.key` and `NAME.pem`, signed by the authority, for this common name.
    pub(crate) fn sign(&self, name: &str, extension: &str) {
        self.openssl(&[
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            &format!("/CN={name}"),
            "-keyout",
            &format!("{name}.key"),
            "-out",
            &format!("{name}.csr"),
        ]);
        fs::write(self.path("extension"), extension).unwrap();
        self.openssl(&[
            "x509",
            "-req",
            "-days",
            "30",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-extfile",
            "extension",
            "-in",
            &format!("{name}.csr"),
            "-out",
            &format!("{name}.pem"),
        ]);
    }

    fn openssl(&self, words: &[&str]) {
        done(
            Command::new("openssl")
                .args(words)
                .current_dir(self.place.path()),
        );
    }

    fn configure(&self) {
        let base = self.place.path().display();
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{base}/run'\n\
             ssl = on\nssl_cert_file = '{base}/localhost.pem'\nssl_key_file = '{base}/localhost.key'\n\
             ssl_ca_file = '{base}/ca.pem'\nmax_connections = 60\nshared_buffers = '128MB'\n\
             log_timezone = 'UTC'\nlogging_collector = off\n",
            self.port
        );
        // Hosts called cert-... show a certificate; who is not `admin` comes with TLS or not at all.
        let access = format!(
            "local all {ADMIN} trust\nlocal all all scram-sha-256\n\
             hostssl all /^cert- 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        );
        let data = self.place.path().join("data");
        let old = fs::read_to_string(data.join("postgresql.conf")).unwrap();
        fs::write(data.join("postgresql.conf"), old + &settings).unwrap();
        // Before PostgreSQL 16 a pattern is not understood: the names are listed in a file then.
        let access = access.replace("/^cert-", "@cert_hosts");
        fs::write(data.join("cert_hosts"), "cert-a\ncert-b\n").unwrap();
        fs::set_permissions(data.join("cert_hosts"), fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(data.join("pg_hba.conf"), access).unwrap();
    }

    /// Starts the server, which must not be running, and waits for it.
    pub(crate) fn run(&mut self) {
        assert!(self.child.is_none());
        self.child = Some(self.spawn());
        let start = Instant::now();
        while !self
            .psql("postgres")
            .args(["-c", "SELECT 1"])
            .output()
            .unwrap()
            .status
            .success()
        {
            let log = fs::read_to_string(self.path("log")).unwrap();
            assert!(
                start.elapsed() < PATIENCE,
                "the server does not answer: {log}"
            );
            sleep(Duration::from_millis(50));
            // Another test may have a connection from the port, for a while.
            let ended = self.child.as_mut().map(|child| child.try_wait().unwrap());
            if ended.flatten().is_some() {
                sleep(Duration::from_millis(500));
                self.child = Some(self.spawn());
            }
        }
    }

    fn spawn(&self) -> Child {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        self.command()
            .arg("-D")
            .arg(self.path("data"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The program, in a mount namespace of its own where it has a disk of its own.
    fn command(&self) -> Command {
        let program = self.programs.join("postgres");
        if !self.has_small_disk {
            return as_user(&program);
        }
        let small = self.path("run/small");
        fs::create_dir_all(&small).unwrap();
        let script = format!(
            "mount -t tmpfs -o size=4m,mode=0700,uid=$(id -u {USER}) tmpfs {} && \
             exec setpriv --reuid {USER} --regid {USER} --clear-groups {} \"$@\"",
            small.display(),
            program.display()
        );
        let mut command = Command::new("unshare");
        command
            .args([
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                &script,
                "sh",
            ])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// A file on the small disk, as the server sees it.
    pub(crate) fn on_small_disk(&self, name: &str) -> PathBuf {
        let id = self.child.as_ref().unwrap().id();
        let small = self.path("run/small").join(name);
        PathBuf::from(format!("/proc/{id}/root{}", small.display()))
    }

    /// Kills the server and all of its processes at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        let id = child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        child.kill().unwrap();
        for pid in children.split_whitespace() {
            _ = kill(Pid::from_raw(pid.parse().unwrap()), Signal::SIGKILL);
        }
        child.wait().unwrap();
        fs::remove_file(self.path("data/postmaster.pid")).unwrap();
    }

    /// Sends a signal to the process that takes connections.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = self.child.as_ref().unwrap().id();
        kill(Pid::from_raw(i32::try_from(id).unwrap()), signal).unwrap();
    }

    /// Stops the server in order.
    pub(crate) fn stop(&mut self) {
        if let Some(child) = self.child.take() {
            end(child, Signal::SIGINT);
        }
    }

    /// A file of the server, such as `ca.pem`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// What the server logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// The URL of the administrator, by the private socket.
    pub(crate) fn admin(&self) -> String {
        let run = self.path("run");
        format!(
            "postgres://{ADMIN}@/tcpw?host={}&port={}",
            run.display(),
            self.port
        )
    }

    /// The URL of a host, by the loopback with TLS.
    pub(crate) fn url(&self, host: &str) -> String {
        let ca = self.path("ca.pem");
        format!(
            "postgres://{host}@localhost:{}/tcpw?hostaddr=127.0.0.1&sslrootcert={}",
            self.port,
            ca.display()
        )
    }

    fn psql(&self, database: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command
            .args([
                "--no-psqlrc",
                "--quiet",
                "--no-align",
                "--tuples-only",
                "--set",
                "ON_ERROR_STOP=1",
            ])
            .args([
                "--username",
                ADMIN,
                "--dbname",
                database,
                "--port",
                &self.port.to_string(),
            ])
            .arg("--host")
            .arg(self.path("run"))
            .env("PGOPTIONS", "-c timezone=UTC");
        command
    }

    /// What an administrator's statement gives, a row a line, columns with `|` between them.
    pub(crate) fn sql(&self, database: &str, statement: &str) -> String {
        done(self.psql(database).args(["-c", statement]))
            .trim_end()
            .to_owned()
    }

    /// What a statement gives a host that logs in with this password, or why it fails.
    pub(crate) fn try_as(&self, host: &str, password: &str, text: &str) -> Result<String, String> {
        let url = format!("{}&sslmode=verify-full", self.url(host));
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"])
            .args(["--set", "ON_ERROR_STOP=1", "-c", text, "--dbname", &url])
            .env("PGPASSWORD", password)
            .stdin(Stdio::null());
        let output = psql.output().map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        }
    }

    /// Begins statements of the administrator in one transaction, which go on beside the test.
    pub(crate) fn begin(&self, statements: &str) -> Child {
        let child = self
            .psql("tcpw")
            .args(["--single-transaction", "-c", statements])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(500));
        child
    }

    /// What a statement in the database of the fleet gives.
    pub(crate) fn ask(&self, statement: &str) -> String {
        self.sql("tcpw", statement)
    }
}

/// Ends the server by a signal.
fn end(mut child: Child, signal: Signal) {
    let id = i32::try_from(child.id()).unwrap();
    _ = kill(Pid::from_raw(id), signal);
    drop(child.wait());
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            // At once, since all of it is thrown away; its children end with it.
            end(child, Signal::SIGQUIT);
        }
    }
}
