//! Plugins that are WebAssembly modules for WASI preview 1.
//!
//! The generator starts itself once more as a small runner, in the cage that every plugin is in. It is
//! started twice: to compile the module when the plugin is installed, with one folder to write in, and
//! to run what was compiled, with that folder to read. So a module is confined twice: it has no system
//! call but the few of [`wasi`], and a hole in the compiler leads into the cage.

mod engine;
mod guest;
mod wasi;

use crate::sandbox::{NOT_LAUNCHED, launch::COMPLAINT};
pub use engine::fingerprint;
use guest::World;
use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};
use wasmtime::{Engine, ExternType, Instance, Linker, Module, Store, Trap};

/// The first argument that makes the generator a runner of modules.
const RUNNER: &str = "__wasi";

/// The second argument: what to do with the module.
const COMPILE: &str = "compile";
const RUN: &str = "run";

/// What a module says that ran into the limit of its memory. [`crate::process::run`] knows the words.
pub const OUT_OF_MEMORY: &str = "the WebAssembly module ran out of memory";

/// The same of one that ran into the limit of its time.
pub const OUT_OF_TIME: &str = "the WebAssembly module ran out of time";

/// The exit status of a module that trapped; what shells give for an aborted program.
const TRAPPED: u8 = 134;

/// How much later than the generator's own clock a module ends by itself, in seconds: that clock also
/// ends a module that waits, and this one a module that nobody watches.
const GRACE: u64 = 5;

/// The stack of the thread that a module runs on, in bytes: the module's own part, and what a native thread
/// has by default for the compiler and for the calls that a module makes.
const THREAD_STACK: usize = engine::STACK + (8 << 20);

/// What every binary module begins with: a magic number and version 1.
const MODULE: &[u8; 8] = b"\0asm\x01\0\0\0";

/// What every binary component begins with: the same with layer 1.
const COMPONENT: &[u8; 8] = b"\0asm\x0d\0\x01\0";

/// Why a module cannot run at all.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(
        "the runner is started as `{RUNNER} {COMPILE} CODE MODULE` or `{RUNNER} {RUN} SECONDS CODE MODULE`"
    )]
    Usage,
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is no WebAssembly module in binary form")]
    Foreign,
    #[error("it is a WebAssembly component: build a module for WASI preview 1 (wasip1) instead")]
    Component,
    #[error("this machine cannot run WebAssembly: {0:#}")]
    Engine(wasmtime::Error),
    #[error("its code is not valid or uses a feature that is not carried out here: {0:#}")]
    Invalid(wasmtime::Error),
    #[error("it exports no function `_start`: build it as a command, not as a library")]
    NoStart,
    #[error("it needs {name} of {module}, which is no part of WASI preview 1")]
    Import { module: String, name: String },
    #[error("it cannot be started: {0:#}")]
    Start(wasmtime::Error),
}

/// How a module ended.
enum Ended {
    /// With an exit status of its own.
    Exit(i32),
    /// It was refused memory, and gave up.
    OutOfMemory,
    /// It was ended.
    OutOfTime,
    /// By doing what no module may do, or what it does on purpose to abort.
    Trap(String),
}

impl Ended {
    fn of(error: &wasmtime::Error, world: &World) -> Self {
        match (error.downcast_ref::<wasi::Exit>(), error.downcast_ref::<Trap>()) {
            (Some(wasi::Exit(code)), _) => Self::Exit(*code),
            (None, Some(Trap::Interrupt)) => Self::OutOfTime,
            (None, _) if world.is_starved() => Self::OutOfMemory,
            (None, _) => {
                let why = error.to_string();
                Self::Trap(why.strip_prefix("wasm trap: ").unwrap_or(&why).to_owned())
            }
        }
    }
}

/// What the runner is to do.
enum Order {
    /// Compile the module, and keep that in the folder `code`.
    Compile { code: PathBuf, module: PathBuf },
    /// Run the module, of whose compiled form there is a copy in the folder `code`.
    Run { time: Duration, code: PathBuf, module: PathBuf },
}

/// The arguments that make the generator compile a module.
pub fn to_compile(code: &Path, module: &Path) -> Vec<OsString> {
    [OsStr::new(RUNNER), OsStr::new(COMPILE), code.as_os_str(), module.as_os_str()]
        .map(OsStr::to_owned)
        .to_vec()
}

/// The arguments that make the generator run a module, if it may run for so long.
pub fn to_run(time: Duration, code: &Path, module: &Path) -> Vec<OsString> {
    let seconds = OsString::from((time.as_secs() + GRACE).to_string());
    let parts =
        [OsStr::new(RUNNER), OsStr::new(RUN), &seconds, code.as_os_str(), module.as_os_str()];
    parts.map(OsStr::to_owned).to_vec()
}

/// Whether the generator was started as a runner, with this first argument.
pub fn is_runner(first: &OsStr) -> bool {
    first == RUNNER
}

/// Compiles or runs a module, as the arguments after the first say. Its standard streams are this
/// process's.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.collect();
    let work = move || carry_out(Order::parse(&args)?);
    let ended = match thread::Builder::new().stack_size(THREAD_STACK).spawn(work) {
        Ok(thread) => thread.join().unwrap_or_else(|_| Ok(Ended::Trap("the runner failed".into()))),
        Err(error) => Err(error.into()),
    };
    let (words, status) = match ended {
        // A process's exit status has eight bits.
        Ok(Ended::Exit(code)) => return ExitCode::from(code.to_le_bytes()[0]),
        Ok(Ended::OutOfMemory) => (OUT_OF_MEMORY.to_owned(), TRAPPED),
        Ok(Ended::OutOfTime) => (OUT_OF_TIME.to_owned(), TRAPPED),
        Ok(Ended::Trap(why)) => (format!("the WebAssembly module trapped: {why}"), TRAPPED),
        Err(error) => (format!("{COMPLAINT}{error}"), u8::try_from(NOT_LAUNCHED).unwrap_or(1)),
    };
    eprintln!("{words}");
    ExitCode::from(status)
}

impl Order {
    fn parse(args: &[OsString]) -> Result<Self, Unusable> {
        match args {
            [what, code, module] if what == COMPILE => {
                Ok(Self::Compile { code: code.into(), module: module.into() })
            }
            [what, seconds, code, module] if what == RUN => {
                let seconds = seconds.to_str().and_then(|text| text.parse().ok());
                let time = Duration::from_secs(seconds.ok_or(Unusable::Usage)?);
                Ok(Self::Run { time, code: code.into(), module: module.into() })
            }
            _ => Err(Unusable::Usage),
        }
    }
}

fn carry_out(order: Order) -> Result<Ended, Unusable> {
    match order {
        Order::Compile { code, module } => {
            load(&engine::caching(&code).map_err(Unusable::Engine)?, &module)?;
            Ok(Ended::Exit(0))
        }
        Order::Run { time, code, module } => {
            let engine = engine::caching(&code).map_err(Unusable::Engine)?;
            let loaded = load(&engine, &module)?;
            let name = module.file_name().unwrap_or_default().as_encoded_bytes();
            run(&engine, &loaded, World::new(name), time)
        }
    }
}

/// Takes a module's compiled form out of the engine's cache, or else compiles it.
fn load(engine: &Engine, path: &Path) -> Result<Module, Unusable> {
    let bytes = fs::read(path)?;
    match bytes.first_chunk() {
        Some(MODULE) => {}
        Some(COMPONENT) => return Err(Unusable::Component),
        Some(_) | None => return Err(Unusable::Foreign),
    }
    let module = Module::new(engine, &bytes).map_err(Unusable::Invalid)?;
    match module.get_export("_start") {
        Some(ExternType::Func(kind)) if kind.params().len() + kind.results().len() == 0 => {}
        Some(_) | None => return Err(Unusable::NoStart),
    }
    if let Some(import) = module.imports().find(|import| import.module() != wasi::MODULE) {
        let (module, name) = (import.module().to_owned(), import.name().to_owned());
        return Err(Unusable::Import { module, name });
    }
    Ok(module)
}

fn run(engine: &Engine, module: &Module, world: World, time: Duration) -> Result<Ended, Unusable> {
    let mut store = Store::new(engine, world);
    store.limiter(|world| world);
    store.set_epoch_deadline(1);
    let mut linker = Linker::new(engine);
    wasi::define(&mut linker, module).map_err(Unusable::Start)?;
    let clock = engine.clone();
    thread::spawn(move || {
        thread::sleep(time);
        clock.increment_epoch();
    });
    let start = |instance: Instance, store: &mut Store<World>| {
        instance.get_typed_func::<(), ()>(&mut *store, "_start")?.call(store, ())
    };
    // A module may have instructions of its own that come before `_start`.
    let instance = linker.instantiate(&mut store, module);
    let ended = match instance {
        Err(error) if !error.is::<Trap>() => return Err(Unusable::Start(error)),
        Err(error) => Err(error),
        Ok(instance) => start(instance, &mut store),
    };
    Ok(ended.map_or_else(|error| Ended::of(&error, store.data()), |()| Ended::Exit(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn run_text(start: &str, time: Duration) -> Ended {
        let text = format!("(module (func (export \"_start\") {start}))");
        let engine = Engine::new(&engine::config()).unwrap();
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        run(&engine, &module, World::new(b"x"), time).unwrap()
    }

    #[test]
    fn a_module_without_end_ends_by_itself() {
        let start = Instant::now();
        let ended = run_text("(loop (br 0))", Duration::from_secs(1));
        assert!(matches!(ended, Ended::OutOfTime));
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        assert!(matches!(run_text("nop", Duration::from_secs(20)), Ended::Exit(0)));
    }

    #[test]
    fn orders() {
        let time = Duration::from_secs(3);
        let args = to_run(time, Path::new("/code"), Path::new("/x.wasm"));
        assert!(is_runner(&args[0]));
        let Ok(Order::Run { time, code, module }) = Order::parse(&args[1..]) else { panic!() };
        assert_eq!(
            (time, code, module),
            (Duration::from_secs(8), "/code".into(), "/x.wasm".into())
        );
        let args = to_compile(Path::new("/code"), Path::new("/x.wasm"));
        assert!(matches!(Order::parse(&args[1..]), Ok(Order::Compile { .. })));
        for bad in [&[][..], &["run", "x", "y"], &["run", "x", "y", "z"], &["compile", "x"]] {
            let args: Vec<OsString> = bad.iter().map(OsString::from).collect();
            assert!(matches!(Order::parse(&args), Err(Unusable::Usage)), "{bad:?}");
        }
    }
}
