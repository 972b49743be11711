//! The web pages of a registry: HTML as pure functions of plain models. Nothing here asks anything of anybody; what a page
//! shows is in its model, and every text of a model is text in the page.
//!
//! Pages are complete without scripts. Forms are sent to the paths that `crates/edge` reads, whose names stand here beside them.

mod account;
mod asset;
mod device;
mod frame;
mod layout;
mod organizations;
mod problem;
mod robots;
mod sign_in;
mod tokens;

pub use account::{Account, account};
pub use asset::Asset;
pub use device::{AskedDevice, Device, DeviceState, device};
pub use frame::Frame;
pub use organizations::{Member, Organization, Organizations, organization, organizations};
pub use problem::{PageProblem, problem};
pub use robots::{Robot, RobotRow, Trust, robot};
pub use sign_in::{ChooseName, SignIn, choose_name, sign_in};
pub use tokens::{ListedToken, NewSecret, Tokens, new_secret, tokens};
