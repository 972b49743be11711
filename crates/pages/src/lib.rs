//! The web pages of a registry: HTML as pure functions of plain models. Nothing here asks anything of anybody; what a page
//! shows is in its model, and every text of a model is text in the page.
//!
//! Pages are complete without scripts. Forms are sent to the paths that `crates/edge` reads, whose names stand here beside them.

mod account;
mod asset;
mod commits;
mod device;
mod files;
mod frame;
mod guide;
mod install;
mod layout;
mod markdown;
mod module_head;
mod modules;
mod organizations;
mod page;
pub mod paths;
mod plugins;
mod problem;
pub mod proto;
mod readme;
mod robots;
mod sdk_state;
mod sdks;
mod search;
mod sign_in;
mod tokens;
mod visible;

pub use account::{Account, account};
pub use asset::Asset;
pub use commits::{CommitPage, Commits, Dependencies, Labels, ShownLabel, ShownMove};
pub use device::{AskedDevice, Device, DeviceState, device};
pub use files::{Files, ListedFile, SourceFile, SourceLink};
pub use frame::Frame;
pub use guide::{CHAPTERS, Guide, GuideBlock, GuideNames, GuideSection};
pub use install::{
    InstalledPackage, PackageManager, Pin, compared, first_plugin, is_code, language,
};
pub use module_head::ModuleHead;
pub use modules::{Home, ListedModule, MyOwners, Owner};
pub use organizations::{Member, Organization, Organizations, organization, organizations};
pub use page::Page;
pub use plugins::{Plugin, PluginRow, Plugins, PluginsFor};
pub use problem::{PageProblem, problem};
pub use readme::{LanguageInstall, Readme, ReadmeAt};
pub use robots::{Robot, RobotRow, Trust, robot};
pub use sdk_state::{SdkState, Words};
pub use sdks::{
    Companion, Contents, Language, ListedPlugin, PackedFile, Sdks, ShownCommit, ShownPin, ShownSdk,
};
pub use search::{FoundPlugin, Search};
pub use sign_in::{ChooseName, SignIn, choose_name, sign_in};
pub use tokens::{ListedToken, NewSecret, Tokens, new_secret, tokens};
