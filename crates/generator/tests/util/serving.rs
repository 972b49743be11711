//! A `serve` that runs.

use super::generator;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long a test waits for something that will come.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// What registry and generator share.
pub const SECRET: &str = "whsec_c2VjcmV0IHNlY3JldA==";
/// What jobs carry.
pub const TOKEN: &str = "a-job-token";

/// A generator that serves; killed when this is dropped.
pub struct Serving {
    /// Its process.
    pub child: Child,
    /// What it prints.
    pub lines: Receiver<String>,
    /// `127.0.0.1:port`.
    pub address: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Serving {
    /// Starts one for a registry; over when it listens.
    pub fn start(public_url: &str, args: &[&str]) -> Self {
        Self::start_with(public_url, args, &[])
    }

    /// Starts one that has more in its environment.
    pub fn start_with(public_url: &str, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = generator()
            .args(["serve", "--listen", "127.0.0.1:0", "--public-url", public_url])
            .args(args)
            .env("WEBHOOK_SECRET", SECRET)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (line, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).for_each(|text| line.send(text).unwrap_or(()));
        });
        let first: Value = serde_json::from_str(&lines.recv_timeout(PATIENCE).unwrap()).unwrap();
        let address = first["address"].as_str().unwrap().to_owned();
        Self { child, lines, address }
    }

    /// Its next line of the log.
    pub fn line(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).unwrap();
        assert!(!line.contains(TOKEN) && !line.contains(SECRET), "a secret in the log: {line}");
        serde_json::from_str(&line).unwrap()
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }
}

/// Seconds since 1970, as webhooks have them.
pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}
