//! The Connect protocol's unary calls, with binary messages as the `buf` command sends them and with JSON as others do.
//!
//! <https://connectrpc.com/docs/protocol>, "Unary-Request", "Unary-Get-Request" and "Unary-Response".

mod code;
mod codec;
mod error;
mod gzip;
mod json;
mod parts;
mod query;
mod request;
mod rpc;

pub use code::Code;
pub use codec::Codec;
pub use error::ConnectError;
pub use gzip::{BadGzip, gunzip};
pub use json::{count_elements, reply_to_json, request_from_json};
pub use parts::count_parts;
pub use request::{BadRequest, Envelope, Request, decode};
pub use rpc::Rpc;
