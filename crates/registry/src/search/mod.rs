//! What is found by name: one small index of the modules that everybody may see.
//!
//! What changes of a module is told as news first, in the metadata of an empty object whose name begins with the time, so that one
//! listing gives all of it; readers add the news to the index, and see a change at once. The scheduled runs take news that are a minute
//! old into the index: not younger ones, since that a module is hidden is told before it is done, and what such a module is then is
//! looked up. What a crash leaves untold is found in the end: each run also looks up a few modules, one after the other, round and
//! round.

mod commits;
mod index;
mod news;
mod stored;

pub use commits::commits_beginning;
pub(crate) use index::ReadIndex;
pub use index::{IndexedModule, ModuleIndex};
pub(crate) use news::{tell_changed, tell_hidden};
pub use stored::{index, keep_index};
