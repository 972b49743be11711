//! Attackers with plugins of their own, in every way in which a generator runs: nothing of another job's, of
//! the generator's or of the machine's can be reached.

mod util;

use protoedge_sandbox::{Bounds, Confinement, Env, Finished, Program, RunError, Sandbox};
use rustix::process::{Pid, Signal, getuid, kill_process};
use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        net::UnixDatagram,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Mutex, OnceLock},
    thread,
    time::{Duration, Instant},
};
use util::{here, scene::Scene};

/// How a generator runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    /// As who the tests run as.
    Own,
    /// As an ordinary user, `nobody` on every Linux.
    Ordinary,
    /// As a container runs it: root with four capabilities.
    Container,
    /// As another ordinary user: without a cage, an attacker reaches whatever its user has.
    Loose,
}

impl Mode {
    /// Those that can be tried here.
    fn all() -> Vec<Self> {
        let can_change = Command::new("setpriv").arg("--version").output().is_ok();
        if getuid().is_root() && can_change {
            return vec![Self::Own, Self::Ordinary, Self::Container];
        }
        let _ = writeln!(io::stderr(), "SKIPPED: only root with setpriv can be somebody else");
        vec![Self::Own]
    }

    /// The generator's command line.
    fn generator(self) -> Command {
        let generator = programs().join("protoedge-generator");
        let flags: &[&str] = match self {
            Self::Own => return Command::new(generator),
            Self::Ordinary => &["--reuid", "65534", "--regid", "65534", "--clear-groups"],
            Self::Loose => &["--reuid", "65533", "--regid", "65533", "--clear-groups"],
            Self::Container => &[
                "--bounding-set",
                "-all,+chown,+kill,+setgid,+setuid",
                "--inh-caps",
                "-all",
                "--ambient-caps",
                "-all",
            ],
        };
        let mut command = Command::new("setpriv");
        command.args(flags).arg(generator);
        command
    }

    /// Makes a file or a folder the generator's.
    fn own(self, path: &Path) {
        let user = match self {
            Self::Own | Self::Container => return,
            Self::Ordinary => 65_534,
            Self::Loose => 65_533,
        };
        chown(path, Some(user), Some(user)).unwrap();
    }
}

/// A folder of programs that everybody can run: the generator and the attackers. A static is not dropped, so that the folder
/// outlives its process: the next one removes it.
fn programs() -> &'static Path {
    const PREFIX: &str = "protoedge-attacks-";
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        for entry in fs::read_dir(std::env::temp_dir()).unwrap().flatten() {
            let name = entry.file_name();
            let Some(process) = name.to_str().and_then(|it| it.strip_prefix(PREFIX)) else {
                continue;
            };
            let process = process.split('-').next().unwrap();
            if !Path::new("/proc").join(process).exists() {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        }
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir().unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let generator = Path::new(env!("CARGO_BIN_EXE_protoedge-generator"));
        fs::copy(generator, folder.join("protoedge-generator")).unwrap();
        folder
    })
}

/// An attacker, built from its source.
fn attacker(source: &str) -> Option<PathBuf> {
    let from = here("tests/attackers").join(source);
    let folder =
        tempfile::Builder::new().prefix("attacker-").tempdir_in(programs()).unwrap().keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let to = folder.join("protoc-gen-attack");
    let mut build = match source.rsplit_once('.').unwrap().1 {
        "c" => {
            let mut build = Command::new("cc");
            build.args(["-O1", "-pthread", "-o"]);
            build
        }
        "go" => {
            let mut build = Command::new("go");
            build.env("CGO_ENABLED", "0").args(["build", "-o"]);
            build
        }
        _ => {
            let script = fs::read_to_string(&from).unwrap();
            let interpreter = script[2..].split_whitespace().next().unwrap();
            if !Path::new(interpreter).exists() {
                let _ = writeln!(io::stderr(), "SKIPPED: there is no {interpreter}");
                return None;
            }
            fs::write(&to, script).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).unwrap();
            return Some(to);
        }
    };
    match build.arg(&to).arg(&from).status() {
        Ok(status) => assert!(status.success(), "{source}"),
        Err(error) => {
            let _ = writeln!(io::stderr(), "SKIPPED: {source} cannot be built: {error}");
            return None;
        }
    }
    Some(to)
}

/// `build` in a mode, with folders of its own for what is temporary and installed.
fn build(mode: Mode, scene: &Scene, more: &[&str]) -> Command {
    let root = scene.folder.path();
    for name in ["temporary", "cache", "out"] {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        mode.own(&folder);
    }
    let mut command = scene.command(mode.generator(), more);
    command.env("TMPDIR", root.join("temporary")).env("HOME", "/nonexistent");
    command.arg("--cache").arg(root.join("cache")).current_dir(root);
    command
}

/// Nothing is left of a job.
fn assert_clean(scene: &Scene) {
    let temporary = scene.folder.path().join("temporary");
    let left: Vec<_> = fs::read_dir(temporary).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(left, [] as [PathBuf; 0]);
}

/// A job that sleeps, with its generator.
struct Victim {
    scene: Scene,
    /// With the program of its plugin.
    _program: tempfile::TempDir,
    generator: Child,
    /// The process of its plugin.
    plugin: i32,
}

impl Victim {
    fn start(mode: Mode, marker: &str) -> Self {
        Self::start_with(mode, marker, "exec sleep $0")
    }

    /// `$0` in the script is the marker.
    fn start_with(mode: Mode, marker: &str, text: &str) -> Self {
        let text = text.replace("$0", marker);
        let folder = util::scene::folder();
        let script = folder.path().join("protoc-gen-sleep");
        fs::write(&script, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        let scene = Scene::new(&script, "x");
        let mut command = build(mode, &scene, &["--plugin-seconds", "300"]);
        let generator = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        let plugin = loop {
            match find(&format!("sleep\0{marker}\0")) {
                Some(plugin) => break plugin,
                None => assert!(start.elapsed() < Duration::from_secs(60), "it does not run"),
            }
            thread::sleep(Duration::from_millis(20));
        };
        Self { scene, _program: folder, generator, plugin }
    }

    /// What an attacker would change: of the plugin and of its generator.
    fn state(&self) -> Vec<String> {
        let read = |pid: i32| {
            let of = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap();
            let stat = of("stat");
            let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
            // Stopped or not, group, session, priority and niceness.
            let is_stopped = ["T", "t"].contains(&fields[0]);
            let cpus = of("status");
            let cpus = cpus.lines().find(|line| line.starts_with("Cpus_allowed_list")).unwrap();
            format!(
                "{is_stopped} {:?} {cpus} {}",
                [fields[2], fields[3], fields[15], fields[16]],
                of("limits")
            )
        };
        let generator = i32::try_from(self.generator.id()).unwrap();
        [self.plugin, generator].map(read).to_vec()
    }

    /// What was stopped and has lost its limits does not end by itself.
    fn abandon(mut self) {
        for pid in [Pid::from_raw(self.plugin).unwrap(), Pid::from_child(&self.generator)] {
            let _ = kill_process(pid, Signal::KILL);
        }
        self.generator.wait().unwrap();
    }

    fn end(mut self) {
        kill_process(Pid::from_raw(self.plugin).unwrap(), Signal::KILL).unwrap();
        self.generator.wait().unwrap();
        assert_clean(&self.scene);
    }
}

/// The process with exactly this command line.
fn find(line: &str) -> Option<i32> {
    let mut entries = fs::read_dir("/proc").unwrap().flatten();
    entries.find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        (fs::read(entry.path().join("cmdline")).ok()? == line.as_bytes()).then_some(pid)
    })
}

/// Waits until no process has this command line: what was killed takes a moment.
fn assert_gone(line: &str) {
    let start = Instant::now();
    while find(line).is_some() {
        assert!(start.elapsed() < Duration::from_secs(20), "{line:?} is still there");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The child of a process with this in its command line.
fn child_of(parent: u32, word: &str) -> Option<i32> {
    let mut entries = fs::read_dir("/proc").unwrap().flatten();
    entries.find_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let its_parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse() == Ok(parent);
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let has_word = String::from_utf8_lossy(&line).contains(word);
        if its_parent && has_word { entry.file_name().to_str()?.parse().ok() } else { None }
    })
}

/// What an attacker of files goes for.
struct Target {
    file: PathBuf,
    before: (u32, u64, i64, i64),
}

impl Target {
    fn new(mode: Mode, folder: &Path) -> Self {
        let file = folder.join("target");
        fs::write(&file, "content").unwrap();
        mode.own(&file);
        Self { before: state(&file), file }
    }

    fn assert_untouched(&self) {
        assert_eq!(state(&self.file), self.before);
        assert_eq!(fs::read_to_string(&self.file).unwrap(), "content");
    }
}

fn state(file: &Path) -> (u32, u64, i64, i64) {
    let found = fs::metadata(file).unwrap();
    (found.mode(), found.nlink(), found.mtime_nsec(), found.ctime_nsec())
}

fn attack_in(mode: Mode, source: &str, marker: &str, more: &[&str]) {
    let Some(attacker) = attacker(source) else { return };
    attack_with(mode, &attacker, marker, more);
}

/// A victim for each mode has a number of its own after the `marker`.
fn attack_in_every_mode(source: &str, marker: &str) {
    for (place, mode) in Mode::all().into_iter().enumerate() {
        attack_in(mode, source, &format!("{marker}.{place}"), &[]);
    }
}

/// Attacks a victim of its own; makes sure that nothing came of it, unless there is no cage.
fn attack_with(mode: Mode, attacker: &Path, marker: &str, more: &[&str]) -> Output {
    // The kernel counts the threads of a user, whoever's they are: one attacker at a time has them.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = (mode == Mode::Ordinary).then(|| TURN.lock());
    let victim = Victim::start(mode, marker);
    let before = victim.state();
    let aside = util::scene::folder();
    let target = Target::new(mode, aside.path());
    let bound = aside.path().join("socket");
    let socket = UnixDatagram::bind(&bound).unwrap();
    socket.set_nonblocking(true).unwrap();
    mode.own(&bound);
    fs::set_permissions(&bound, fs::Permissions::from_mode(0o600)).unwrap();
    let cache = victim.scene.folder.path().join("cache");
    let (plugin, generator) = (victim.plugin, victim.generator.id());
    let (file, cache, bound) = (target.file.display(), cache.display(), bound.display());
    let option = format!("targets:{plugin}:{generator}:{file}:{cache}:{bound}:");
    let scene = Scene::new(attacker, &option);
    let output = build(mode, &scene, more).output().unwrap();
    if more != ["--no-sandbox"] {
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{mode:?} {more:?}: {said}");
        target.assert_untouched();
        assert_eq!(victim.state(), before, "{mode:?} {more:?}");
        let heard = socket.recv(&mut [0; 9]).map_err(|error| error.kind());
        assert_eq!(heard, Err(io::ErrorKind::WouldBlock), "{mode:?} {more:?}");
        assert_clean(&scene);
        victim.end();
    } else {
        victim.abandon();
    }
    output
}

#[test]
fn an_attacker_in_c_gets_nowhere() {
    attack_in_every_mode("attack.c", "7100");
}

#[test]
fn an_attacker_in_go_gets_nowhere() {
    attack_in_every_mode("attack.go", "7200");
}

#[test]
fn an_attacker_in_perl_gets_nowhere() {
    attack_in_every_mode("attack.pl", "7300");
}

#[test]
fn an_attacker_in_python_gets_nowhere() {
    attack_in_every_mode("attack.py", "7400");
}

/// A user of its own has a limit of the kernel's. Where jobs share one, a watch ends who has too many, since
/// such a limit would hinder the others.
#[test]
fn threads_have_a_bound() {
    let Some(attacker) = attacker("threads.c") else { return };
    for mode in Mode::all() {
        let scene = Scene::new(&attacker, "x");
        let output = build(mode, &scene, &[]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if mode == Mode::Ordinary || !getuid().is_root() {
            assert_eq!(output.status.code(), Some(3), "{mode:?}: {said}");
            assert!(said.contains("it took more than 512 processes and threads"), "{said}");
        } else {
            assert_eq!(output.status.code(), Some(1), "{mode:?}: {said}");
            let made = said.lines().find_map(|line| line.split("threads: ").nth(1)).unwrap();
            let made: u32 = made.trim().parse().unwrap();
            assert!((400..512).contains(&made), "{mode:?}: {made}");
        }
        assert_clean(&scene);
    }
}

/// A generator that is asked to stop takes along what it started.
#[test]
fn nothing_outlives_a_build_that_is_stopped() {
    for (place, mode) in Mode::all().into_iter().enumerate() {
        let mut victim = Victim::start_with(mode, &format!("7800.{place}"), "sleep $0 & sleep $0");
        kill_process(Pid::from_child(&victim.generator), Signal::TERM).unwrap();
        assert_eq!(victim.generator.wait().unwrap().code(), Some(128 + 15), "{mode:?}");
        assert_clean(&victim.scene);
        assert_eq!(find(&format!("sleep\07800.{place}\0")), None, "{mode:?}");
    }
}

/// One that is killed cannot; a process of its own does.
#[test]
fn nothing_outlives_a_build_that_is_killed() {
    for (place, mode) in Mode::all().into_iter().enumerate() {
        let marker = format!("8000.{place}");
        let mut victim = Victim::start_with(mode, &marker, "sleep $0 & sleep $0");
        victim.generator.kill().unwrap();
        victim.generator.wait().unwrap();
        assert_gone(&format!("sleep\0{marker}\0"));
    }
}

/// Where that is killed, too, the next service does.
#[test]
fn what_a_killed_generator_left_is_ended_by_the_next_one() {
    for (place, mode) in Mode::all().into_iter().enumerate() {
        if mode == Mode::Ordinary || !getuid().is_root() {
            // As the generator's own user, nothing tells it from what else that user runs.
            continue;
        }
        let marker = format!("7900.{place}");
        let mut victim = Victim::start_with(mode, &marker, "sleep $0 & sleep $0");
        let janitor = child_of(victim.generator.id(), "__janitor").unwrap();
        kill_process(Pid::from_raw(janitor).unwrap(), Signal::KILL).unwrap();
        victim.generator.kill().unwrap();
        victim.generator.wait().unwrap();
        let line = format!("sleep\0{marker}\0");
        assert!(find(&line).is_some(), "{mode:?}: a child of a script has nobody to end it");
        let mut next = mode.generator();
        next.args(["serve", "--listen", "127.0.0.1:0", "--public-url", "http://127.0.0.1:9"]);
        next.arg("--plugins").arg(victim.scene.folder.path().join("shelf"));
        next.arg("--cache").arg(victim.scene.folder.path().join("cache"));
        next.env("WEBHOOK_SECRET", util::serving::SECRET).stderr(Stdio::null());
        let mut next = next.stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(next.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.contains("address"), "{mode:?}: {first}");
        // A generator of another test may have taken the user meanwhile, and be about to do the same.
        assert_gone(&line);
        next.kill().unwrap();
        next.wait().unwrap();
    }
}

/// What a module tries: folders and sockets that it might have been given.
const MODULE: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $folder (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "/etc/passwd")
  (func (export "_start") (local $fd i32)
    (loop
      (if (i32.eqz (call $folder (local.get $fd) (i32.const 0))) (then (call $exit (i32.const 9))))
      (if (i32.eqz (call $accept (local.get $fd) (i32.const 0) (i32.const 0)))
        (then (call $exit (i32.const 9))))
      (if (i32.eqz (call $open (local.get $fd) (i32.const 0) (i32.const 100) (i32.const 11) (i32.const 0)
            (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 0)))
        (then (call $exit (i32.const 9))))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get $fd) (i32.const 64))))))"#;

#[test]
fn an_attacker_in_web_assembly_gets_nowhere() {
    for mode in Mode::all() {
        let scene = Scene::of("wasm: {path: a1/b1/x.wasm}", "x");
        let module = scene.folder.path().join("shelf/a1/b1/x.wasm");
        fs::write(module, wat::parse_str(MODULE).unwrap()).unwrap();
        let output = build(mode, &scene, &[]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{mode:?}: {said}");
        assert_clean(&scene);
    }
}

/// What shows that the attacks are attacks: as a user without rights, who harms nobody else's processes.
#[test]
fn without_the_cage_they_succeed() {
    let mode = Mode::Loose;
    if Mode::all() == [Mode::Own] {
        return;
    }
    for (place, (source, wanted)) in [
        (
            "attack.c",
            &[
                "prlimit",
                "setpriority",
                "tgkill",
                "F_SETOWN",
                "chmod",
                "inotify_add_watch",
                "a datagram",
                "memfd",
                "truncate",
                "shared memory",
                "a nameless file",
                "a set-uid file",
                "open, truncating",
            ][..],
        ),
        ("attack.go", &["kill", "setpriority", "chmod", "udp", "exec", "write"][..]),
        ("attack.pl", &["kill", "setpriority", "chmod", "truncate", "socketpair", "prlimit"][..]),
        ("attack.py", &["kill", "prlimit", "sched_setaffinity", "chmod", "setpriority of all"][..]),
    ]
    .into_iter()
    .enumerate()
    {
        let Some(attacker) = attacker(source) else { continue };
        let scene = attack_with(mode, &attacker, &format!("7700.{place}"), &["--no-sandbox"]);
        let said = String::from_utf8_lossy(&scene.stderr);
        assert_eq!(scene.status.code(), Some(1), "{source}: {said}");
        for what in wanted {
            assert!(said.contains(what), "{source}: {what} did not succeed: {said}");
        }
    }
}

/// On an older kernel, where the cage is made of less.
#[test]
fn every_version_of_landlock_will_do() {
    for version in 1..=9 {
        for mode in Mode::all() {
            let (marker, version) = (format!("75{version}.{}", mode as u8), version.to_string());
            attack_in(mode, "attack.c", &marker, &["--landlock", &version]);
        }
        if let Some(Mode::Ordinary) = Mode::all().get(1) {
            let marker = format!("76{version}.1");
            attack_in(Mode::Ordinary, "attack.pl", &marker, &["--landlock", &version.to_string()]);
            let marker = format!("77{version}.1");
            attack_in(Mode::Ordinary, "attack.py", &marker, &["--landlock", &version.to_string()]);
        }
    }
}

/// Runs a script with a folder of its own, under these bounds.
async fn run(script: &str, bounds: Bounds, tasks: u32) -> Result<Finished, RunError> {
    let sandbox = Sandbox::launched_by(programs().join("protoedge-generator"), None).await.unwrap();
    let workspace = sandbox.workspace().unwrap();
    let cwd = workspace.path().join("own");
    fs::create_dir(&cwd).unwrap();
    let mut confinement = Confinement::new().running(tasks).writing(&cwd);
    confinement.bounds = bounds;
    let program = Program {
        path: Path::new("/bin/sh"),
        args: vec!["-c".into(), script.into()],
        env: Env::Clean,
        cwd: &cwd,
        stdin: Vec::new(),
        time: Duration::from_secs(60),
        stdout: 1 << 20,
    };
    let ended = workspace.run(program, &confinement).await;
    let folder = workspace.path().to_owned();
    let start = Instant::now();
    workspace.close().await;
    assert!(!folder.exists(), "a workspace is left");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    ended
}

const MB: u64 = 1 << 20;

#[tokio::test]
async fn whatever_a_program_takes_has_a_bound() {
    let bounds = Bounds { space: 20 * MB, files: 500, memory: 200 * MB };
    for (why, script, words) in [
        (
            "space",
            "while :; do n=$((n+1)); perl -e 'print qq(x) x 4e6' > f$n; done",
            "it took more than 20 MiB of disk space",
        ),
        (
            "space in a folder that is closed to others",
            "umask 077; mkdir d; while :; do perl -e 'print qq(x) x 4e6' > d/f$((n+=1)); done",
            "it took more than 20 MiB of disk space",
        ),
        (
            "space of files without a name",
            "exec perl -e 'for (1..500) { open(my $f, \">\", \"x\"); unlink \"x\"; print $f \"x\" x 4e6; $f->flush; push @f, $f } sleep 9'",
            "it took more than 20 MiB of disk space",
        ),
        ("files", "while :; do : > f$((n+=1)); done", "it took more than 500 files and folders"),
        (
            "a folder that cannot be looked at",
            "umask 777; mkdir d; sleep 50",
            "it took more than folders that cannot be looked at",
        ),
        (
            "memory of many processes",
            "e() { perl -e '$x = \"x\" x 60e6; sleep 50'; }; e & e & e & e & e & wait",
            "it took more than 200 MiB of memory",
        ),
    ] {
        let start = Instant::now();
        let ended = run(script, bounds, 64).await;
        let Err(error @ RunError::Exceeded { .. }) = ended else { panic!("{why}: {ended:?}") };
        assert!(error.to_string().contains(words), "{why}: {error}");
        assert!(start.elapsed() < Duration::from_secs(20), "{why}: {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn folders_without_end_are_removed() {
    // Deeper than any stack goes, and faster than anybody looks.
    let script = "perl -e 'for (1..40000) { mkdir \"d\"; chdir \"d\" }'";
    let bounds = Bounds { space: 1 << 40, files: u64::MAX, memory: 1 << 40 };
    match run(script, bounds, 64).await {
        Ok(_) | Err(RunError::Exceeded { .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn processes_have_a_bound_and_want_of_them_is_nobodys_fault() {
    let bounds = Bounds { space: MB, files: 500, memory: 1 << 30 };
    let many = "for n in $(seq 40); do sleep 3 & done; wait; exit 1";
    let starved = run(many, bounds, 16).await;
    let Err(error @ RunError::Starved { .. }) = starved else { panic!("{starved:?}") };
    assert!(error.to_string().contains("want of processes"), "{error}");
    // Another job with its own user is not hindered by one that takes all that it may have.
    if getuid().is_root() {
        let enough = run("for n in $(seq 8); do sleep 1 & done; wait", bounds, 16);
        let (starved, enough) = tokio::join!(run(many, bounds, 16), enough);
        assert!(matches!(starved, Err(RunError::Starved { .. })), "{starved:?}");
        assert_eq!(enough.unwrap().code, 0);
    }
}

/// Each job is another user, who owns nothing and is in no group.
#[tokio::test]
async fn every_job_is_somebody_else() {
    if !getuid().is_root() {
        let _ = writeln!(io::stderr(), "SKIPPED: only root can be somebody else");
        return;
    }
    let bounds = Bounds { space: MB, files: 500, memory: 1 << 30 };
    let who = "id -u; id -g; id -G; sleep 1";
    let (one, two) = tokio::join!(run(who, bounds, 16), run(who, bounds, 16));
    let ids = [one, two].map(|ended| String::from_utf8(ended.unwrap().stdout).unwrap());
    assert_ne!(ids[0], ids[1]);
    for ids in ids {
        let ids: Vec<u32> = ids.split_whitespace().map(|id| id.parse().unwrap()).collect();
        assert!(ids.len() == 3 && ids.iter().all(|id| *id == ids[0] && *id > 60_578), "{ids:?}");
    }
}
