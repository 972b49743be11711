//! The Connect protocol as far as the `buf` command uses it: unary calls, binary messages.
//!
//! <https://connectrpc.com/docs/protocol>, "Unary-Request" and "Unary-Response".

mod code;
mod error;
mod parts;
mod request;
mod rpc;

pub use code::Code;
pub use error::ConnectError;
pub use parts::count_parts;
pub use request::{BadRequest, MEDIA_TYPE, Request, decode};
pub use rpc::Rpc;
