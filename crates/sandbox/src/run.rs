//! The one place where a program is started.

use crate::{
    exit::OUT_OF_TIME,
    janitor::Janitor,
    proc::LINGER,
    program::{Env, Finished, Program, RunError},
    shortage::{is_out_of_memory, want},
    watch::Watch,
};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, test_kill_process_group,
    waitid,
};
use std::{
    io,
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    time::Instant,
};

/// How much of a program's standard error is kept, in bytes: its end, where the reason is.
const STDERR_TAIL: usize = 64 << 10;

/// How a program comes to a process group of its own, which can be killed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Leads {
    /// It is put into one.
    Group,
    /// It makes itself one, with a session: processor time is shared between sessions first, so that a program of
    /// many threads takes no more than another.
    Session,
}

/// Runs a program in a process group of its own, which is killed when the program is over, takes too long,
/// writes too much, or is not waited for any more: nothing that it started outlives it.
///
/// # Errors
/// If it was not started, or did not end by itself within its limits, or ended for want of something that
/// the machine had too little of.
pub async fn run(program: Program<'_>) -> Result<Finished, RunError> {
    run_as(program, Leads::Group, None, None).await
}

/// The same for a program that may lead a session, that is watched, and that ends with the generator, if there is
/// a janitor to see to it.
///
/// # Errors
/// As of [`run`], and if it takes too much of what is watched.
pub(crate) async fn run_as(
    program: Program<'_>,
    leads: Leads,
    watch: Option<&Watch>,
    janitor: Option<&Janitor>,
) -> Result<Finished, RunError> {
    let name = program.path.file_name().unwrap_or(program.path.as_os_str());
    let name = name.to_string_lossy().into_owned();
    let mut command = command(&program);
    if leads == Leads::Group {
        command.process_group(0);
    }
    let child =
        command.spawn().map_err(|source| RunError::NotStarted { program: name.clone(), source })?;
    let mut group = ProcessGroup::of(child);
    let leader = group.id;
    let running = leader.and_then(|id| Some(janitor?.watch(id)));
    let talk = tokio::time::timeout(program.time, group.talk(program.stdin, program.stdout));
    let said = tokio::select! {
        said = talk => said,
        what = exceeded(watch, leader) => Ok(Err(Interrupted::Exceeded(what))),
    };
    let status = group.end().await;
    drop(running);
    let (stdout, stderr) = match said {
        Err(_) => {
            return Err(RunError::TimedOut { program: name, seconds: program.time.as_secs() });
        }
        Ok(Err(Interrupted::TooMuch)) => {
            return Err(RunError::TooMuchOutput { program: name, bytes: program.stdout });
        }
        Ok(Err(Interrupted::Exceeded(what))) => {
            return Err(RunError::Exceeded { program: name, what });
        }
        Ok(Err(Interrupted::Io(source))) => return Err(RunError::Io { program: name, source }),
        Ok(Ok(said)) => said,
    };
    let status = status.map_err(|source| RunError::Io { program: name.clone(), source })?;
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    match status.code() {
        Some(0) => Ok(Finished { code: 0, stdout, stderr }),
        _ if is_out_of_memory(&stderr) => Err(RunError::OutOfMemory { program: name }),
        _ if stderr.contains(OUT_OF_TIME) => {
            Err(RunError::TimedOut { program: name, seconds: program.time.as_secs() })
        }
        Some(code) => match want(code, &stderr) {
            Some(reason) => Err(RunError::Starved { program: name, reason }),
            None => Ok(Finished { code, stdout, stderr }),
        },
        None => Err(RunError::Killed {
            program: name,
            signal: status.signal().unwrap_or_default(),
            stderr: stderr.lines().last().unwrap_or_default().to_owned(),
        }),
    }
}

fn command(program: &Program<'_>) -> Command {
    let mut command = Command::new(program.path);
    command.args(&program.args).current_dir(program.cwd);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    match &program.env {
        Env::Clean => {
            // node reads a configuration of OpenSSL at its start, which a plugin has no use for.
            command.env_clear().env("PATH", "/usr/bin:/bin").env("OPENSSL_CONF", "/dev/null");
        }
        Env::Exactly(variables) => {
            command.env_clear().envs(variables);
        }
    }
    command
}

/// Waits until a program takes too much: for ever where it is not watched.
async fn exceeded(watch: Option<&Watch>, group: Option<Pid>) -> String {
    match (watch, group) {
        (Some(watch), Some(group)) => watch.over(group).await,
        (None, _) | (_, None) => std::future::pending().await,
    }
}

enum Interrupted {
    TooMuch,
    Exceeded(String),
    Io(io::Error),
}

/// A program and all that it started. Dropped before [`ProcessGroup::end`], all of it is killed.
struct ProcessGroup {
    child: Child,
    id: Option<Pid>,
    is_over: bool,
}

impl ProcessGroup {
    fn of(child: Child) -> Self {
        let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Self { child, id, is_over: false }
    }

    async fn talk(
        &mut self,
        stdin: Vec<u8>,
        max: usize,
    ) -> Result<(Vec<u8>, Vec<u8>), Interrupted> {
        let (mut to, from, err) =
            (self.child.stdin.take(), self.child.stdout.take(), self.child.stderr.take());
        let write = async {
            if let Some(mut to) = to.take() {
                // A program may end before it has read everything; its status says why.
                let _ = to.write_all(&stdin).await;
            }
            Ok(())
        };
        let (stdout, stderr, ()) = tokio::try_join!(read(from, max), read_tail(err), write)?;
        self.exited().await.map_err(Interrupted::Io)?;
        Ok((stdout, stderr))
    }

    /// Waits until the program has ended, and leaves its status where it is: until that is taken, its
    /// id, which is the group's, cannot become another process's.
    async fn exited(&self) -> io::Result<()> {
        let Some(id) = self.id else { return Ok(()) };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let wait = move || rustix::io::retry_on_intr(|| waitid(WaitId::Pid(id), options));
        tokio::task::spawn_blocking(wait).await.map_err(io::Error::other)??;
        Ok(())
    }

    /// Ends all that is left, and waits until it is gone: a process that was killed still runs for a moment.
    async fn end(&mut self) -> io::Result<ExitStatus> {
        self.kill();
        self.is_over = true;
        let status = self.child.wait().await;
        let deadline = Instant::now() + LINGER;
        while let Some(id) = self.id
            && test_kill_process_group(id).is_ok()
            && Instant::now() < deadline
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        status
    }

    fn kill(&self) {
        let (false, Some(id)) = (self.is_over, self.id) else { return };
        // One that is still about to lead a group is killed alone: it has started nothing.
        let killed =
            kill_process_group(id, Signal::KILL).or_else(|_| kill_process(id, Signal::KILL));
        if let Err(error) = killed {
            tracing::warn!(%error, "a process group could not be killed");
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn read(from: Option<impl AsyncRead + Unpin>, max: usize) -> Result<Vec<u8>, Interrupted> {
    let mut all = Vec::new();
    if let Some(from) = from {
        from.take(max as u64 + 1).read_to_end(&mut all).await.map_err(Interrupted::Io)?;
    }
    if all.len() > max { Err(Interrupted::TooMuch) } else { Ok(all) }
}

async fn read_tail(from: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Interrupted> {
    let mut tail = Vec::new();
    let Some(mut from) = from else { return Ok(tail) };
    let mut buffer = vec![0; 8 << 10];
    loop {
        let count = from.read(&mut buffer).await.map_err(Interrupted::Io)?;
        if count == 0 {
            tail.drain(..tail.len().saturating_sub(STDERR_TAIL));
            return Ok(tail);
        }
        tail.extend_from_slice(&buffer[..count]);
        // Cut seldom: each cut moves what is kept.
        if tail.len() > 2 * STDERR_TAIL {
            tail.drain(..tail.len() - STDERR_TAIL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{path::Path, time::Instant};

    async fn sh(script: &str, seconds: u64, max: usize) -> Result<Finished, RunError> {
        let program = Program {
            path: Path::new("/bin/sh"),
            args: vec!["-c".into(), script.into()],
            env: Env::Clean,
            cwd: Path::new("/"),
            stdin: b"in".to_vec(),
            time: Duration::from_secs(seconds),
            stdout: max,
        };
        run(program).await
    }

    #[tokio::test]
    async fn reads_and_writes() {
        let ended = sh("cat; echo err >&2; exit 3", 9, 99).await.unwrap();
        assert_eq!((ended.code, &ended.stdout[..], &ended.stderr[..]), (3, &b"in"[..], "err\n"));
    }

    #[tokio::test]
    async fn sees_no_variables_of_ours() {
        let ended = sh("export -p", 9, 9999).await.unwrap();
        let text = String::from_utf8(ended.stdout).unwrap();
        assert!(!text.contains("HOME") && !text.contains("CARGO"), "{text}");
    }

    #[tokio::test]
    async fn is_stopped_with_its_children() {
        let start = Instant::now();
        let ended = sh("sleep 60 & sleep 60", 1, 99).await;
        assert!(matches!(ended, Err(RunError::TimedOut { seconds: 1, .. })), "{ended:?}");
        let ended = sh("yes", 30, 99).await;
        assert!(matches!(ended, Err(RunError::TooMuchOutput { bytes: 99, .. })), "{ended:?}");
        let ended = sh("kill -9 $$", 30, 99).await;
        assert!(matches!(ended, Err(RunError::Killed { signal: 9, .. })), "{ended:?}");
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    /// How many processes have this in their command line. Those that are over have none.
    fn running(marker: &str) -> usize {
        let lines = std::fs::read_dir("/proc").unwrap().flatten();
        let lines = lines.map(|entry| std::fs::read(entry.path().join("cmdline")));
        lines.flatten().filter(|line| String::from_utf8_lossy(line).contains(marker)).count()
    }

    #[tokio::test]
    async fn nothing_that_it_started_outlives_it() {
        let quiet = "> /dev/null 2>&1 < /dev/null &";
        let script = format!("sleep 77.27182 {quiet} sleep 77.27182 {quiet} echo $!");
        let ended = sh(&script, 9, 99).await.unwrap();
        assert_eq!(ended.code, 0);
        assert_eq!(running("77.27182"), 0);
    }

    #[tokio::test]
    async fn what_a_module_ran_out_of_is_no_fault_of_its_input() {
        let say = |words| format!("echo '{words}' >&2; exit 134");
        let ended = sh(&say(OUT_OF_TIME), 9, 99).await;
        assert!(matches!(ended, Err(RunError::TimedOut { seconds: 9, .. })), "{ended:?}");
        let ended = sh(&say(crate::exit::OUT_OF_MEMORY), 9, 99).await;
        assert!(matches!(ended, Err(RunError::OutOfMemory { .. })), "{ended:?}");
    }

    #[tokio::test]
    async fn what_the_machine_lacked_is_no_fault_of_the_input() {
        let ended = sh("echo 'sh: 1: Cannot fork' >&2; exit 2", 9, 99).await;
        assert!(matches!(ended, Err(RunError::Starved { .. })), "{ended:?}");
    }

    #[tokio::test]
    async fn keeps_the_end_of_standard_error() {
        let ended = sh("seq 1 100000 >&2", 30, 99).await.unwrap();
        assert!(ended.stderr.len() <= STDERR_TAIL && ended.stderr.ends_with("100000\n"));
    }
}
