//! What a module sees of the world: its memory, and a clock and a source of random numbers that are
//! the same in every run.

use sha2::{Digest, Sha256};
use wasmtime::{Caller, Error, Extern, ResourceLimiter};

/// The most memory that a module may have, in bytes: what plugins for Go and JavaScript need for 8,000
/// files, and half of the cage's address space.
pub(super) const MEMORY: usize = 2 << 30;

/// The most elements of all its tables: functions that are called through pointers; large programs
/// have some ten thousand.
const TABLE: usize = 1 << 20;

/// Where both clocks start, in nanoseconds: 2000-01-01T00:00:00Z.
const START: u64 = 946_684_800_000_000_000;

/// How far a clock goes on each time it is read, in nanoseconds: a module that waits for it goes on.
pub(super) const TICK: u64 = 1_000_000;

/// Why a call failed: numbers of WASI preview 1.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub(super) enum Errno {
    /// No such descriptor is open.
    BadF = 8,
    /// An address outside of the memory.
    Fault = 21,
    /// An argument without a meaning.
    Inval = 28,
    /// The stream broke.
    Io = 29,
    /// No such call.
    NoSys = 52,
    /// Streams have no positions.
    SPipe = 70,
}

/// What belongs to one running module.
#[derive(Debug)]
pub(super) struct World {
    /// The arguments: the module's name alone.
    pub(super) args: Vec<Vec<u8>>,
    /// What both clocks show, in nanoseconds.
    now: u64,
    /// How many random blocks were given.
    blocks: u64,
    is_starved: bool,
}

impl World {
    /// The world of a module with this name.
    pub(super) fn new(name: &[u8]) -> Self {
        Self { args: vec![name.to_owned()], now: START, blocks: 0, is_starved: false }
    }

    /// Whether it was refused memory.
    pub(super) fn is_starved(&self) -> bool {
        self.is_starved
    }

    /// What a clock shows.
    pub(super) fn now(&mut self) -> u64 {
        self.sleep_until(self.now.saturating_add(TICK));
        self.now
    }

    /// Moves the clock there, if that is later: the module does not really sleep.
    pub(super) fn sleep_until(&mut self, time: u64) {
        self.now = self.now.max(time);
    }

    /// Fills memory with bytes that look random: keys of hash tables need no more.
    pub(super) fn randomize(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            self.blocks += 1;
            chunk.copy_from_slice(&Sha256::digest(self.blocks.to_le_bytes())[..chunk.len()]);
        }
    }
}

impl ResourceLimiter for World {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> Result<bool, Error> {
        self.is_starved |= desired > MEMORY;
        Ok(desired <= MEMORY)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool, Error> {
        Ok(desired <= TABLE)
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        // Compilers make one.
        16
    }

    fn memories(&self) -> usize {
        // The limit above is that of one.
        1
    }
}

/// A module that called, and waits for the answer.
pub(super) struct Guest<'a> {
    memory: &'a mut [u8],
    /// Its world.
    pub(super) world: &'a mut World,
}

impl Guest<'_> {
    /// Answers a call.
    pub(super) fn answer(
        mut caller: Caller<'_, World>,
        call: impl FnOnce(&mut Guest<'_>) -> Result<(), Errno>,
    ) -> i32 {
        let memory = caller.get_export("memory").and_then(Extern::into_memory);
        let Some(memory) = memory else { return Errno::Fault as i32 };
        let (memory, world) = memory.data_and_store_mut(&mut caller);
        call(&mut Guest { memory, world }).map_or_else(|errno| errno as i32, |()| 0)
    }

    /// Part of its memory.
    pub(super) fn slice(&mut self, at: u32, length: u32) -> Result<&mut [u8], Errno> {
        let (at, length) = (at as usize, length as usize);
        let end = at.checked_add(length).ok_or(Errno::Fault)?;
        self.memory.get_mut(at..end).ok_or(Errno::Fault)
    }

    /// Part of its memory, and its world.
    pub(super) fn slice_and_world(
        &mut self,
        at: u32,
        length: u32,
    ) -> Result<(&mut [u8], &mut World), Errno> {
        let (at, length) = (at as usize, length as usize);
        let end = at.checked_add(length).ok_or(Errno::Fault)?;
        Ok((self.memory.get_mut(at..end).ok_or(Errno::Fault)?, self.world))
    }

    /// Bytes to a place.
    pub(super) fn put(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        let length = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
        self.slice(at, length)?.copy_from_slice(bytes);
        Ok(())
    }

    /// The bytes at a place.
    pub(super) fn get<const N: usize>(&mut self, at: u32) -> Result<[u8; N], Errno> {
        let length = u32::try_from(N).map_err(|_| Errno::Fault)?;
        self.slice(at, length)?.try_into().map_err(|_| Errno::Fault)
    }

    /// The number at a place.
    pub(super) fn u32_at(&mut self, at: u32) -> Result<u32, Errno> {
        self.get(at).map(u32::from_le_bytes)
    }
}
