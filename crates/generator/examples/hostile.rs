//! A plugin that attacks: the tests run it to see that the cage holds.
//!
//! Its option says what to try. What succeeds is said on standard error, with status 9; if nothing
//! does, it answers one file as a good plugin would.

use prost::Message;
use rustix::process::{Pid, Signal, getppid, kill_process, setsid};
use std::{
    fs,
    io::{self, Read, Write},
    net::{TcpStream, UdpSocket},
    os::unix::net::UnixDatagram,
    process::{Command, ExitCode},
};

#[derive(Clone, PartialEq, prost::Message)]
struct Request {
    #[prost(string, optional, tag = "2")]
    parameter: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Response {
    #[prost(message, repeated, tag = "15")]
    file: Vec<File>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct File {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "15")]
    content: String,
}

fn main() -> ExitCode {
    let mut input = Vec::new();
    let read = io::stdin().read_to_end(&mut input);
    let request = read.ok().and_then(|_| Request::decode(input.as_slice()).ok());
    let options = request.and_then(|request| request.parameter).unwrap_or_default();
    let done: Vec<String> = options.split(',').flat_map(attack).collect();
    if !done.is_empty() {
        eprintln!("succeeded: {}", done.join(", "));
        return ExitCode::from(9);
    }
    let file = File { name: "calm.txt".into(), content: "nothing happened\n".into() };
    let answer = Response { file: vec![file] }.encode_to_vec();
    match io::stdout().write_all(&answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Tries one attack; gives what succeeded.
fn attack(option: &str) -> Vec<String> {
    let (kind, detail) = option.split_once('=').unwrap_or((option, ""));
    match kind {
        "read" => read(detail),
        "write" => write(),
        "network" => network(),
        "processes" => processes(),
        "signals" => signals(),
        "memory" => memory(),
        "endless" => loop {
            std::hint::spin_loop();
        },
        "flood" => flood(io::stdout(), 10 << 10),
        "complain" => flood(io::stderr(), 1 << 10),
        _ => vec![format!("no such attack: {kind}")],
    }
}

fn read(secret: &str) -> Vec<String> {
    let files = ["/etc/passwd", "/etc/hostname", "/proc/1/environ", "/proc/self/environ", secret];
    let read = files.into_iter().filter(|path| fs::read(path).is_ok());
    let listed = ["/", "/tmp", "/root", "/home", "/proc", ".."].into_iter();
    let listed = listed.filter(|path| fs::read_dir(path).is_ok());
    read.chain(listed).map(str::to_owned).collect()
}

fn write() -> Vec<String> {
    let paths = ["./x", "/tmp/hostile-was-here", "/dev/shm/x", "/var/tmp/x", "/x", "../x"];
    let written = paths.into_iter().filter(|path| fs::write(path, "x").is_ok());
    let made = ["./d", "/tmp/hostile-dir"].into_iter().filter(|path| fs::create_dir(path).is_ok());
    written.chain(made).map(str::to_owned).collect()
}

fn network() -> Vec<String> {
    let tcp = TcpStream::connect("127.0.0.1:9").err();
    // A connection that is refused would have been made, had a server listened.
    let tcp = tcp.is_none_or(|error| error.kind() != io::ErrorKind::PermissionDenied);
    let tries = [
        ("tcp", tcp),
        ("udp", UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("unix", UnixDatagram::unbound().is_ok()),
    ];
    tries.into_iter().filter(|(_, done)| *done).map(|(name, _)| name.to_owned()).collect()
}

fn processes() -> Vec<String> {
    let me = std::env::current_exe().unwrap_or_default();
    let programs = [me.as_path(), "/bin/sh".as_ref(), "/usr/bin/true".as_ref()];
    // Again and again, as a program would that wants to fill the machine.
    let started = (0..1000).flat_map(|_| programs).find(|path| Command::new(path).spawn().is_ok());
    let session = setsid().is_ok().then(|| "a session of its own".to_owned());
    started.map(|path| path.display().to_string()).into_iter().chain(session).collect()
}

fn signals() -> Vec<String> {
    let victims = [("parent", getppid()), ("init", Some(Pid::INIT))];
    let killed = victims
        .into_iter()
        .filter(|(_, pid)| pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok()));
    killed.map(|(name, _)| name.to_owned()).collect()
}

fn memory() -> Vec<String> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    // Bytes that are not zero: the kernel gives zeros without having them.
    while all.len() < 64 << 10 {
        all.push(vec![1; 1 << 20]);
    }
    vec![format!("had {} MiB", all.len())]
}

/// Writes so many MiB.
fn flood(mut to: impl Write, count: usize) -> Vec<String> {
    let chunk = vec![b'x'; 1 << 20];
    let written = (0..count).take_while(|_| to.write_all(&chunk).is_ok()).count();
    vec![format!("wrote {written} MiB")]
}
