//! What a program says that gave up because there was too little of something, which is no fault of its input.

use crate::exit::OUT_OF_MEMORY;

/// Whether a program of Go, JavaScript, Rust or WebAssembly gave up for lack of memory: they say so, and
/// end by themselves or abort. It may have more next time.
pub(crate) fn is_out_of_memory(stderr: &str) -> bool {
    [
        "runtime: out of memory",
        "runtime: cannot allocate memory",
        "heap out of memory",
        "process out of memory",
        "\nmemory allocation of ",
        OUT_OF_MEMORY,
    ]
    .iter()
    .any(|words| stderr.contains(words) || stderr.starts_with(words.trim_start()))
}

/// What shells say of a command that was killed, as only the kernel and the generator kill.
const KILLED: i32 = 128 + 9;

/// What programs say that could not start a process or a thread, open a file or write one because others
/// have taken what there is, in small letters: the words of C libraries and of node for `EAGAIN`, `ENOMEM`, `EMFILE`,
/// `ENFILE`, `ENOSPC` and `EDQUOT`, and those of shells and runtimes. Not the names of errors: schemas have them, too.
const WANTS: [&str; 13] = [
    "resource temporarily unavailable",
    "cannot allocate memory",
    "not enough memory",
    "too many open files",
    "no space left on device",
    "disk quota exceeded",
    "cannot fork",
    "failed to create new os thread",
    "can't start new thread",
    "unable to create native thread",
    "code: 'eagain'",
    // What is left of `ENOSPC` in some shells.
    "i/o error",
    "input/output error",
];

/// The line in which a program that failed says that it wanted for something: another time it may have it,
/// with the same input.
pub(crate) fn want(code: i32, stderr: &str) -> Option<String> {
    let is_want = |line: &&str| {
        let line = line.to_lowercase();
        WANTS.iter().any(|words| line.contains(words))
    };
    let line = stderr.lines().find(is_want);
    match line {
        Some(line) => Some(line.trim().to_owned()),
        None => (code == KILLED).then(|| "a command of it was killed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::want;

    #[test]
    fn what_the_machine_lacked_is_no_fault_of_the_input() {
        for (said, is_want) in [
            ("sh: 1: Cannot fork", true),
            ("runtime: failed to create new OS thread (have 5 already; errno=11)", true),
            ("Error: EMFILE: too many open files, open 'x'", true),
            ("write x: No space left on device", true),
            ("errno.proto:3:1: \"ENOMEM\" is already defined in \"Errno\".", false),
            ("errno.proto:4:1: \"EAGAIN\" is already defined in \"Errno\".", false),
        ] {
            assert_eq!(want(1, said).is_some(), is_want, "{said}");
        }
        assert!(want(137, "").is_some() && want(1, "").is_none() && want(2, "no").is_none());
    }
}
