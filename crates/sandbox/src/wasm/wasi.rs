//! WASI preview 1 for a module that has its standard streams and nothing else.
//!
//! The numbers and layouts are those of the interface's description (`wasi_snapshot_preview1.witx`).
//! Well-kept implementations bring file systems, sockets and clocks; what is not here cannot have a hole.

use super::guest::{Errno, Guest, TICK, World};
use std::io::{self, Read, Write};
use wasmtime::{Caller, Error, ExternType, Linker, Module, Val};

/// What modules import these calls from.
pub(super) const MODULE: &str = "wasi_snapshot_preview1";

/// A module that ended by itself, with this exit status.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("exited with status {0}")]
pub(super) struct Exit(pub(super) i32);

/// How many buffers or events one call may name: what `writev` takes on Linux.
const MAX_BUFFERS: u32 = 1024;

/// The standard streams, the only descriptors that are open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stream {
    In,
    Out,
    Err,
}

impl Stream {
    fn of(descriptor: u32) -> Result<Self, Errno> {
        match descriptor {
            0 => Ok(Self::In),
            1 => Ok(Self::Out),
            2 => Ok(Self::Err),
            _ => Err(Errno::BadF),
        }
    }

    /// The right to read (bit 1) or to write (bit 6).
    fn rights(self) -> u64 {
        match self {
            Self::In => 1 << 1,
            Self::Out | Self::Err => 1 << 6,
        }
    }
}

/// Defines the calls that are answered, and a refusal for all others that the module imports from here:
/// they are about descriptors that are not open, or about what plugins have no use for.
pub(super) fn define(linker: &mut Linker<World>, module: &Module) -> Result<(), Error> {
    // A module may import a call twice, and what is answered takes the place of a refusal.
    linker.allow_shadowing(true);
    for import in module.imports().filter(|import| import.module() == MODULE) {
        let ExternType::Func(kind) = import.ty() else { continue };
        let is_about_files =
            ["fd_", "path_", "sock_"].iter().any(|prefix| import.name().starts_with(prefix));
        let errno = if is_about_files { Errno::BadF } else { Errno::NoSys };
        linker.func_new(MODULE, import.name(), kind.clone(), move |_, _, results| {
            results.fill(Val::I32(errno as i32));
            Ok(())
        })?;
    }
    define_process(linker)?;
    define_streams(linker)?;
    Ok(())
}

/// What is about the process itself.
fn define_process(linker: &mut Linker<World>) -> Result<(), Error> {
    let wasi = MODULE;
    linker.func_wrap(
        wasi,
        "args_sizes_get",
        |caller: Caller<'_, World>, count: u32, size: u32| {
            Guest::answer(caller, |guest| args_sizes(guest, count, size))
        },
    )?;
    linker.func_wrap(wasi, "args_get", |caller: Caller<'_, World>, list: u32, text: u32| {
        Guest::answer(caller, |guest| args(guest, list, text))
    })?;
    linker.func_wrap(
        wasi,
        "environ_sizes_get",
        |caller: Caller<'_, World>, count: u32, size: u32| {
            Guest::answer(caller, |guest| {
                guest.put(count, &[0; 4])?;
                guest.put(size, &[0; 4])
            })
        },
    )?;
    linker.func_wrap(wasi, "environ_get", |_: u32, _: u32| 0_i32)?;
    linker.func_wrap(wasi, "clock_res_get", |caller: Caller<'_, World>, _: u32, to: u32| {
        Guest::answer(caller, |guest| guest.put(to, &TICK.to_le_bytes()))
    })?;
    linker.func_wrap(
        wasi,
        "clock_time_get",
        |caller: Caller<'_, World>, _: u32, _: u64, to: u32| {
            Guest::answer(caller, |guest| {
                let now = guest.world.now();
                guest.put(to, &now.to_le_bytes())
            })
        },
    )?;
    linker.func_wrap(wasi, "random_get", |caller: Caller<'_, World>, at: u32, length: u32| {
        Guest::answer(caller, |guest| {
            let (bytes, world) = guest.slice_and_world(at, length)?;
            world.randomize(bytes);
            Ok(())
        })
    })?;
    linker.func_wrap(
        wasi,
        "poll_oneoff",
        |caller: Caller<'_, World>, from: u32, to: u32, count: u32, done: u32| {
            Guest::answer(caller, |guest| poll(guest, from, to, count, done))
        },
    )?;
    linker.func_wrap(wasi, "sched_yield", || 0_i32)?;
    linker.func_wrap(wasi, "proc_exit", |code: i32| -> Result<(), Error> {
        Err(Error::new(Exit(code)))
    })?;
    Ok(())
}

/// What is about the standard streams.
fn define_streams(linker: &mut Linker<World>) -> Result<(), Error> {
    let wasi = MODULE;
    linker.func_wrap(
        wasi,
        "fd_read",
        |caller: Caller<'_, World>, stream: u32, list: u32, count: u32, done: u32| {
            Guest::answer(caller, |guest| read(guest, stream, list, count, done))
        },
    )?;
    linker.func_wrap(
        wasi,
        "fd_write",
        |caller: Caller<'_, World>, stream: u32, list: u32, count: u32, done: u32| {
            Guest::answer(caller, |guest| write(guest, stream, list, count, done))
        },
    )?;
    linker.func_wrap(
        wasi,
        "fd_fdstat_get",
        |caller: Caller<'_, World>, stream: u32, to: u32| {
            Guest::answer(caller, |guest| {
                let rights = Stream::of(stream)?.rights();
                // Type (unknown), flags, rights, rights of what is opened through it.
                guest.put(to, &[0; 24])?;
                guest.put(to.saturating_add(8), &rights.to_le_bytes())
            })
        },
    )?;
    linker.func_wrap(
        wasi,
        "fd_filestat_get",
        |caller: Caller<'_, World>, stream: u32, to: u32| {
            Guest::answer(caller, |guest| {
                Stream::of(stream)?;
                guest.put(to, &[0; 64])
            })
        },
    )?;
    linker.func_wrap(
        wasi,
        "fd_fdstat_set_flags",
        |caller: Caller<'_, World>, stream: u32, _: u32| {
            Guest::answer(caller, |_| Stream::of(stream).map(|_| ()))
        },
    )?;
    linker.func_wrap(wasi, "fd_close", |caller: Caller<'_, World>, stream: u32| {
        Guest::answer(caller, |_| Stream::of(stream).map(|_| ()))
    })?;
    linker.func_wrap(
        wasi,
        "fd_seek",
        |caller: Caller<'_, World>, stream: u32, _: i64, _: u32, _: u32| {
            Guest::answer(caller, |_| Stream::of(stream).and(Err(Errno::SPipe)))
        },
    )?;
    linker.func_wrap(wasi, "fd_tell", |caller: Caller<'_, World>, stream: u32, _: u32| {
        Guest::answer(caller, |_| Stream::of(stream).and(Err(Errno::SPipe)))
    })?;
    Ok(())
}

fn args_sizes(guest: &mut Guest<'_>, count: u32, size: u32) -> Result<(), Errno> {
    let args = &guest.world.args;
    let (number, bytes) = (args.len(), args.iter().map(|arg| arg.len() + 1).sum::<usize>());
    guest.put(count, &number_of(number)?.to_le_bytes())?;
    guest.put(size, &number_of(bytes)?.to_le_bytes())
}

fn args(guest: &mut Guest<'_>, mut list: u32, mut text: u32) -> Result<(), Errno> {
    for arg in guest.world.args.clone() {
        guest.put(list, &text.to_le_bytes())?;
        guest.put(text, &[&arg[..], b"\0"].concat())?;
        list = list.saturating_add(4);
        text = text.saturating_add(number_of(arg.len() + 1)?);
    }
    Ok(())
}

/// A list of buffers in the module's memory: addresses and lengths.
fn buffers(guest: &mut Guest<'_>, list: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
    if count > MAX_BUFFERS {
        return Err(Errno::Inval);
    }
    let entry = |place: u32| {
        let at = list.checked_add(place * 8).ok_or(Errno::Fault)?;
        Ok((guest.u32_at(at)?, guest.u32_at(at.checked_add(4).ok_or(Errno::Fault)?)?))
    };
    (0..count).map(entry).collect()
}

/// Fills the first buffer that has room, as far as there is something to read.
fn read(guest: &mut Guest<'_>, stream: u32, list: u32, count: u32, done: u32) -> Result<(), Errno> {
    if Stream::of(stream)? != Stream::In {
        return Err(Errno::BadF);
    }
    let buffers = buffers(guest, list, count)?;
    let length = match buffers.iter().find(|(_, length)| *length > 0) {
        Some((at, length)) => {
            io::stdin().read(guest.slice(*at, *length)?).map_err(|_| Errno::Io)?
        }
        None => 0,
    };
    guest.put(done, &number_of(length)?.to_le_bytes())
}

fn write(
    guest: &mut Guest<'_>,
    stream: u32,
    list: u32,
    count: u32,
    done: u32,
) -> Result<(), Errno> {
    let mut stream: Box<dyn Write> = match Stream::of(stream)? {
        Stream::In => return Err(Errno::BadF),
        Stream::Out => Box::new(io::stdout().lock()),
        Stream::Err => Box::new(io::stderr().lock()),
    };
    let mut length: u32 = 0;
    for (at, size) in buffers(guest, list, count)? {
        stream.write_all(guest.slice(at, size)?).map_err(|_| Errno::Io)?;
        length = length.checked_add(size).ok_or(Errno::Inval)?;
    }
    stream.flush().map_err(|_| Errno::Io)?;
    guest.put(done, &length.to_le_bytes())
}

/// Waits for the first of several events. Streams are always ready; where there are only clocks, the
/// one that would ring first does so at once.
///
/// A subscription has 48 bytes: what to call it (8), its kind (at 8; 0 is a clock), and for a clock the time
/// (at 24) and whether that is absolute (bit 0 at 40). An event has 32: the name (8), an error (2), the
/// kind (1, at 10).
fn poll(guest: &mut Guest<'_>, from: u32, to: u32, count: u32, done: u32) -> Result<(), Errno> {
    if count == 0 || count > MAX_BUFFERS {
        return Err(Errno::Inval);
    }
    let mut ready = Vec::new();
    let mut first: Option<(u64, [u8; 32])> = None;
    for place in 0..count {
        let subscription: [u8; 48] =
            guest.get(from.checked_add(place * 48).ok_or(Errno::Fault)?)?;
        let mut event = [0; 32];
        event[..8].copy_from_slice(&subscription[..8]);
        event[10] = subscription[8];
        if subscription[8] != 0 {
            ready.push(event);
            continue;
        }
        let time = subscription[24..32].try_into().map(u64::from_le_bytes);
        let time = time.map_err(|_| Errno::Inval)?;
        let is_absolute = subscription[40] & 1 == 1;
        let time = if is_absolute { time } else { guest.world.now().saturating_add(time) };
        if first.is_none_or(|(earliest, _)| time < earliest) {
            first = Some((time, event));
        }
    }
    if let (true, Some((time, event))) = (ready.is_empty(), first) {
        guest.world.sleep_until(time);
        ready.push(event);
    }
    guest.put(to, &ready.concat())?;
    guest.put(done, &number_of(ready.len())?.to_le_bytes())
}

fn number_of(length: usize) -> Result<u32, Errno> {
    u32::try_from(length).map_err(|_| Errno::Inval)
}
