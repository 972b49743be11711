use crate::{
    Series,
    accounts::user::{SessionId, TokenId, TrustId},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use protoedge_sdk::{
    ArtifactFile, CommitId, Ecosystem, Label, ModuleName, OwnerName, Package, PluginName, Sdk,
    SdkVersion, ShortCommit, protocol::SOURCES_MEDIA_TYPE,
};
use protoedge_storage::Timestamp;

/// Every place in the bucket. Nothing else spells a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Key<'a> {
    /// An owner.
    Owner(&'a OwnerName),
    /// What an id, by its first 12 digits, is the id of. Created once: so are ids.
    Id(&'a ShortCommit),
    /// A module.
    Module(&'a ModuleName),
    /// A commit's record.
    Commit(&'a ModuleName, &'a ShortCommit),
    /// A commit's files, as a zip.
    Sources(&'a ModuleName, &'a ShortCommit),
    /// The paths of a commit's files.
    Paths(&'a ModuleName, &'a ShortCommit),
    /// The newest commit of a content, by its digest in hexadecimal.
    Content(&'a ModuleName, &'a str),
    /// The commit with this sequence number. Sorted newest first.
    Log(&'a ModuleName, u32),
    /// What was the n-th of its kind to be made, from 1 on. Sorted newest first.
    Numbered(Series<'a>, u32),
    /// A label.
    Label(&'a ModuleName, &'a Label),
    /// A label as lists show it, in its name alone. Sorted newest first, below `live/`, so that one listing gives the labels that
    /// moved last and what is newly published.
    Tip(&'a ModuleName, &'a str),
    /// The same of an archived label.
    ArchivedTip(&'a ModuleName, &'a str),
    /// The n-th hundred of a label's moves, from 0 on, once younger ones are many.
    Moves(&'a ModuleName, &'a Label, u32),
    /// A published SDK that is not in its package's index yet.
    Pending(&'a Sdk),
    /// That a package was asked for lately, per plugin version.
    InUse(&'a ModuleName, Ecosystem, &'a PluginName, &'a str),
    /// What the default head of the second module locks of the first one.
    Dependent(&'a ModuleName, &'a ModuleName),
    /// That a commit of the first module depends on the second one: below `live/`, where lists see it.
    Dep(&'a ModuleName, &'a ModuleName),
    /// The modules that were made private, or that public ones depended on while they were.
    Closed,
    /// That a plugin's packages of a module were asked for lately.
    UseOf(&'a PluginName, &'a ModuleName),
    /// Whose turn it is to move a module's default label to a new commit.
    Turn(&'a ModuleName),
    /// A push that took place, or that was given up for others to go on.
    Push(&'a str),
    /// A token, by the sha256 of its text in hexadecimal.
    Token(&'a str),
    /// That a person or robot has a token, by the token's id.
    TokenOf(&'a OwnerName, &'a TokenId),
    /// The day on which a token was used last.
    TokenUse(&'a OwnerName, &'a TokenId),
    /// A session, by the sha256 of its text in hexadecimal.
    Session(&'a str),
    /// That a person has a session, by the session's id.
    SessionOf(&'a OwnerName, &'a SessionId),
    /// Whose an identity at a provider is, by its hash.
    Identity(&'a str),
    /// What callers' texts are sealed with.
    SealKey,
    /// That a person is in an organization by a group of the identity provider.
    GroupMember(&'a OwnerName, &'a OwnerName),
    /// That a person is a member of an organization: where the person's own list looks.
    Membership(&'a OwnerName, &'a OwnerName),
    /// The first owner whose name looks so.
    Looks(&'a str),
    /// The module that is called so where owner and name are joined by `-`, where it can be several.
    Joined(&'a str),
    /// A device that waits to be let in, by the sha256 of its code in hexadecimal.
    Device(&'a str),
    /// How many codes of devices a person has looked up lately.
    LookedUpCodes(&'a OwnerName),
    /// What tokens of continuous integration a robot is given tokens for.
    Trust(&'a OwnerName, &'a TrustId),
    /// That a robot is an organization's.
    Robot(&'a OwnerName, &'a OwnerName),
    /// What was changed, by the entry's id. Sorted newest first.
    Audit(&'a str),
    /// The same among the changes of one owner's.
    AuditOf(&'a OwnerName, &'a str),
    /// That what is stored of a deleted module is not all erased.
    Deletion(&'a ModuleName),
    /// A webhook of a module.
    Webhook(&'a ModuleName, &'a CommitId),
    /// The latest attempts to deliver something to a webhook.
    Attempts(&'a ModuleName, &'a CommitId),
    /// What is to be delivered to a webhook, by when and the delivery's id. Sorted by when.
    Delivery(Timestamp, &'a str),
    /// What administrators withhold: a module, or one of its commits.
    Takedown(&'a ModuleName, Option<&'a ShortCommit>),
    /// That files are withheld, by their digest in hexadecimal.
    WithheldFiles(&'a str),
    /// The index of modules that everybody may see.
    SearchIndex,
    /// What became of a module at this time, until the index says it.
    SearchNews(Timestamp, &'a ModuleName),
    /// What caches have to forget, by why and an id. Sorted by how urgent it is.
    Purge(&'static str, &'a str),
    /// What is kept of a module of another registry.
    Mirror(&'a ModuleName),
    /// How far an owner's move from another registry is.
    MoveIn(&'a OwnerName),
    /// That callers must sign in, as the setting was when it was last looked at.
    SignInRequired,
    /// The catalogue.
    Catalogue,
    /// A published catalogue whose default heads may not all be ordered yet.
    Publication(&'a str),
    /// One file of an SDK.
    File(&'a Sdk, &'static ArtifactFile),
    /// How far an SDK is.
    GenerationState(&'a Sdk),
    /// What is in an SDK.
    Contents(&'a Sdk),
    /// That an SDK was made, or that it was rejected: below its commit, where pages see it.
    Outcome(&'a Sdk, &'static str),
    /// That an SDK is listed.
    Listed(&'a Sdk),
    /// That the second SDK can be listed once the first is.
    Waiting(&'a Sdk, &'a Sdk),
    /// All published versions of a package.
    Index(&'a Package),
    /// The wish for an SDK.
    Order(&'a Sdk),
    /// The same where the packument sees it.
    Ordered(&'a Sdk),
}

/// What stays as it is in a path element.
const ELEMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text as one path element.
pub(crate) fn element(text: &str) -> String {
    percent_encode(text.as_bytes(), ELEMENT).to_string()
}

/// The greatest number of what is numbered: ten digits.
const LAST_NUMBER: u32 = u32::MAX;

impl Key<'_> {
    /// Everything of a module that a list or a packument needs beside the index: the labels come last, since they may be many.
    pub fn live(module: &ModuleName) -> String {
        format!("modules/{module}/live/")
    }

    /// The labels of a module.
    pub fn labels(module: &ModuleName) -> String {
        format!("modules/{module}/label/")
    }

    /// The labels of a module as lists show them, the newest moved first.
    pub fn tips(module: &ModuleName) -> String {
        format!("modules/{module}/live/tip/")
    }

    /// The archived ones, the newest archived first.
    pub fn archived_tips(module: &ModuleName) -> String {
        format!("modules/{module}/archived/")
    }

    /// The newly published SDKs of a module by a plugin.
    pub fn pending(package: &Package) -> String {
        let Package { ecosystem, module, plugin, .. } = package;
        format!("modules/{module}/live/sdk/{ecosystem}/{plugin}/")
    }

    /// The commits of a module, newest first.
    pub fn log(module: &ModuleName) -> String {
        format!("modules/{module}/log/")
    }

    /// What is ordered of a package.
    pub fn ordered(package: &Package) -> String {
        let Package { ecosystem, module, plugin, .. } = package;
        format!("modules/{module}/live/order/{ecosystem}/{plugin}/")
    }

    /// The packages of a module that are in use.
    pub fn uses(module: &ModuleName) -> String {
        format!("modules/{module}/live/in-use/")
    }

    /// Those of one ecosystem.
    pub fn uses_in(module: &ModuleName, ecosystem: Ecosystem) -> String {
        format!("{}{ecosystem}/", Self::uses(module))
    }

    /// The modules whose default heads depend on a module.
    pub fn dependents(module: &ModuleName) -> String {
        format!("modules/{module}/dependents/")
    }

    /// The module in the path of a [`Key::Dependent`] of a module's.
    pub(crate) fn dependent_in(path: &str, module: &ModuleName) -> Option<ModuleName> {
        path.strip_prefix(&Self::dependents(module))?.parse().ok()
    }

    /// All modules of an owner.
    pub fn of_owner(owner: &OwnerName) -> String {
        format!("modules/{owner}/")
    }

    /// All of a module but its packages.
    pub fn of_module(module: &ModuleName) -> String {
        format!("modules/{module}/")
    }

    /// The packages of a module in an ecosystem, and what is ordered of them.
    pub fn of_packages(ecosystem: Ecosystem, module: &ModuleName) -> [String; 2] {
        [format!("sdks/{ecosystem}/{module}/"), format!("{}{ecosystem}/{module}/", Self::ORDERS)]
    }

    /// The modules that commits of a module depend on.
    pub fn deps(module: &ModuleName) -> String {
        format!("modules/{module}/live/dep/")
    }

    /// The module in the path of a [`Key::Dep`] of a module's.
    pub(crate) fn dep_in(path: &str, module: &ModuleName) -> Option<ModuleName> {
        path.strip_prefix(&Self::deps(module))?.parse().ok()
    }

    /// The modules of which a plugin's packages are in use.
    pub fn uses_of(plugin: &PluginName) -> String {
        format!("uses/{plugin}/")
    }

    /// The SDKs that wait for this one to be listed.
    pub fn waiting(sdk: &Sdk) -> String {
        format!("{}waiting/", folder(sdk))
    }

    /// The tokens of a person or robot.
    pub fn tokens_of(user: &OwnerName) -> String {
        format!("owners/{user}/tokens/")
    }

    /// The days on which these were used last.
    pub fn token_uses(user: &OwnerName) -> String {
        format!("owners/{user}/used/")
    }

    /// The sessions of a person.
    pub fn sessions_of(user: &OwnerName) -> String {
        format!("owners/{user}/sessions/")
    }

    /// Those who are in an organization by a group.
    pub fn group_members(organization: &OwnerName) -> String {
        format!("owners/{organization}/group-members/")
    }

    /// The organizations of a person.
    pub fn memberships(user: &OwnerName) -> String {
        format!("owners/{user}/memberships/")
    }

    /// What a robot trusts.
    pub fn trusts(robot: &OwnerName) -> String {
        format!("owners/{robot}/trusts/")
    }

    /// All devices that wait.
    pub const DEVICES: &'static str = "devices/";

    /// The robots of an organization.
    pub fn robots(organization: &OwnerName) -> String {
        format!("owners/{organization}/robots/")
    }

    /// Everything that was changed, newest first.
    pub const AUDIT: &'static str = "audit/all/";

    /// What was changed of an owner's, newest first.
    pub fn audit_of(owner: &OwnerName) -> String {
        format!("audit/owners/{owner}/")
    }

    /// The SDKs of a commit that were made or rejected.
    pub fn outcomes(module: &ModuleName, commit: &ShortCommit) -> String {
        format!("modules/{module}/outcomes/{commit}/")
    }

    /// Everything that is not in the index of modules yet, the oldest first.
    pub const SEARCH_NEWS: &'static str = "search/news/";

    /// All ids.
    pub const IDS: &'static str = "ids/";

    /// All modules.
    pub const MODULES: &'static str = "modules/";

    /// All orders.
    pub const ORDERS: &'static str = "orders/";

    /// All pushes that may not have been carried out to the end.
    pub const PUSHES: &'static str = "pushes/";

    /// All deleted modules that are not erased yet.
    pub const DELETIONS: &'static str = "deletions/";

    /// All that is to be delivered to webhooks, what is due first.
    pub const DELIVERIES: &'static str = "deliveries/";

    /// The webhooks of a module.
    pub fn webhooks(module: &ModuleName) -> String {
        format!("modules/{module}/webhooks/")
    }

    /// When what a path of a [`Key::Delivery`] names is due.
    pub(crate) fn due_at(path: &str) -> Option<Timestamp> {
        let (millis, _) = path.strip_prefix(Self::DELIVERIES)?.split_once('-')?;
        millis.parse().ok().map(Timestamp::from_millis)
    }

    /// All that administrators withhold.
    pub const TAKEDOWNS: &'static str = "takedowns/";

    /// All modules of other registries that are kept as they are there.
    pub const MIRRORS: &'static str = "mirrors/";

    /// All owners that move in from other registries, or did.
    pub const MOVE_INS: &'static str = "move-ins/";

    /// All that caches have to forget.
    pub const PURGES: &'static str = "purges/";

    /// All published catalogues that may not have been carried out to the end.
    pub const PUBLICATIONS: &'static str = "publications/";

    /// Where it is.
    pub fn path(&self) -> String {
        match self {
            Self::Owner(owner) => format!("owners/{owner}.json"),
            Self::Id(short) => format!("ids/{short}.json"),
            Self::Module(module) => format!("modules/{module}/module.json"),
            Self::Commit(module, short) => format!("modules/{module}/commits/{short}.json"),
            Self::Sources(module, short) => format!("modules/{module}/commits/{short}.zip"),
            Self::Paths(module, short) => format!("modules/{module}/commits/{short}.paths.json"),
            Self::Content(module, digest) => format!("modules/{module}/contents/{digest}.json"),
            Self::Log(module, number) => numbered(&Self::log(module), *number),
            Self::Numbered(series, number) => numbered(&series.prefix(), *number),
            Self::Label(module, label) => {
                format!("{}{}.json", Self::labels(module), element(label.as_str()))
            }
            Self::Tip(module, name) => format!("{}{name}", Self::tips(module)),
            Self::ArchivedTip(module, name) => format!("{}{name}", Self::archived_tips(module)),
            Self::Moves(module, label, hundred) => {
                format!("modules/{module}/moves/{}/{hundred}.json", element(label.as_str()))
            }
            Self::Pending(sdk) => format!("{}{}.json", Self::pending(&sdk.package()), sdk.version),
            Self::InUse(module, ecosystem, plugin, version) => {
                format!("{}{ecosystem}/{plugin}/{version}", Self::uses(module))
            }
            Self::Dependent(module, dependent) => {
                format!("{}{dependent}", Self::dependents(module))
            }
            Self::Dep(module, dep) => format!("{}{dep}", Self::deps(module)),
            Self::Closed => "closed.json".into(),
            Self::UseOf(plugin, module) => format!("{}{module}", Self::uses_of(plugin)),
            Self::Turn(module) => format!("modules/{module}/turn.json"),
            Self::Push(id) => format!("{}{id}.json", Self::PUSHES),
            Self::Token(hash) => format!("tokens/{hash}.json"),
            Self::TokenOf(user, id) => format!("{}{}.json", Self::tokens_of(user), id.as_str()),
            Self::TokenUse(user, id) => format!("{}{}", Self::token_uses(user), id.as_str()),
            Self::Session(hash) => format!("sessions/{hash}.json"),
            Self::SessionOf(user, id) => format!("{}{}.json", Self::sessions_of(user), id.as_str()),
            Self::Identity(hash) => format!("identities/{hash}.json"),
            Self::SealKey => "seal-key.json".into(),
            Self::GroupMember(organization, user) => {
                format!("{}{user}", Self::group_members(organization))
            }
            Self::Membership(user, organization) => {
                format!("{}{organization}", Self::memberships(user))
            }
            Self::Joined(joined) => format!("joined/{joined}.json"),
            Self::Looks(looks) => format!("looks/{looks}.json"),
            Self::Device(hash) => format!("{}{hash}.json", Self::DEVICES),
            Self::LookedUpCodes(user) => format!("owners/{user}/codes.json"),
            Self::Trust(robot, id) => format!("{}{}.json", Self::trusts(robot), id.as_str()),
            Self::Robot(organization, robot) => format!("{}{robot}", Self::robots(organization)),
            Self::Audit(id) => format!("{}{id}.json", Self::AUDIT),
            Self::AuditOf(owner, id) => format!("{}{id}.json", Self::audit_of(owner)),
            Self::Deletion(module) => format!("{}{module}.json", Self::DELETIONS),
            Self::Webhook(module, id) => format!("{}{id}.json", Self::webhooks(module)),
            Self::Attempts(module, id) => format!("modules/{module}/webhook-attempts/{id}.json"),
            Self::Delivery(at, id) => format!("{}{:013}-{id}.json", Self::DELIVERIES, at.millis()),
            Self::Takedown(module, None) => format!("{}{module}/all.json", Self::TAKEDOWNS),
            Self::Takedown(module, Some(short)) => {
                format!("{}{module}/{short}.json", Self::TAKEDOWNS)
            }
            Self::WithheldFiles(digest) => format!("withheld-files/{digest}.json"),
            Self::SearchIndex => "search/modules.json".into(),
            Self::SearchNews(at, module) => {
                format!("{}{:013}/{module}", Self::SEARCH_NEWS, at.millis())
            }
            Self::Purge(reason, id) => format!("{}{reason}/{id}.json", Self::PURGES),
            Self::Mirror(module) => format!("{}{module}.json", Self::MIRRORS),
            Self::MoveIn(owner) => format!("{}{owner}.json", Self::MOVE_INS),
            Self::SignInRequired => "sign-in-required.json".into(),
            Self::Catalogue => "catalogue/all.json".into(),
            Self::Publication(id) => format!("{}{id}.json", Self::PUBLICATIONS),
            Self::File(sdk, file) => format!("{}files/{}", folder(sdk), file.name),
            Self::GenerationState(sdk) => format!("{}state.json", folder(sdk)),
            Self::Contents(sdk) => format!("{}contents.json", folder(sdk)),
            Self::Outcome(sdk, outcome) => {
                let Sdk { ecosystem, module, plugin, version } = sdk;
                let prefix = Self::outcomes(module, &version.commit);
                format!("{prefix}{ecosystem}/{plugin}/{version}/{outcome}")
            }
            Self::Listed(sdk) => format!("{}listed", folder(sdk)),
            Self::Waiting(sdk, dependent) => {
                format!("{}{}.json", Self::waiting(sdk), name(dependent).replace('/', "~"))
            }
            Self::Index(package) => {
                format!("sdks/{}/{}/index.json", package.ecosystem, package.path())
            }
            Self::Order(sdk) => format!("{}{}.json", Self::ORDERS, name(sdk)),
            Self::Ordered(sdk) => format!("{}{}.json", Self::ordered(&sdk.package()), sdk.version),
        }
    }

    /// The number in the path of something numbered, below its prefix.
    pub(crate) fn number(path: &str, prefix: &str) -> Option<u32> {
        let digits = path.strip_prefix(prefix)?.strip_suffix(".json")?;
        digits.parse::<u32>().ok().map(|inverted| LAST_NUMBER - inverted)
    }

    /// The media type it is stored with.
    pub fn media_type(&self) -> &'static str {
        match self {
            Self::Sources(..) => SOURCES_MEDIA_TYPE,
            Self::File(_, file) => file.media_type,
            Self::Owner(_)
            | Self::Id(_)
            | Self::Module(_)
            | Self::Commit(..)
            | Self::Paths(..)
            | Self::Content(..)
            | Self::Log(..)
            | Self::Numbered(..)
            | Self::Label(..)
            | Self::Tip(..)
            | Self::ArchivedTip(..)
            | Self::Moves(..)
            | Self::Pending(_)
            | Self::InUse(..)
            | Self::UseOf(..)
            | Self::Dependent(..)
            | Self::Dep(..)
            | Self::Closed
            | Self::Turn(_)
            | Self::Push(_)
            | Self::Token(_)
            | Self::TokenOf(..)
            | Self::TokenUse(..)
            | Self::Session(_)
            | Self::SessionOf(..)
            | Self::Identity(_)
            | Self::SealKey
            | Self::GroupMember(..)
            | Self::Membership(..)
            | Self::Joined(_)
            | Self::Looks(_)
            | Self::Device(_)
            | Self::LookedUpCodes(_)
            | Self::Trust(..)
            | Self::Robot(..)
            | Self::Audit(_)
            | Self::AuditOf(..)
            | Self::Deletion(_)
            | Self::Webhook(..)
            | Self::Attempts(..)
            | Self::Delivery(..)
            | Self::Takedown(..)
            | Self::WithheldFiles(_)
            | Self::SearchIndex
            | Self::SearchNews(..)
            | Self::Purge(..)
            | Self::SignInRequired
            | Self::Catalogue
            | Self::Publication(_)
            | Self::GenerationState(_)
            | Self::Contents(_)
            | Self::Outcome(..)
            | Self::Listed(_)
            | Self::Waiting(..)
            | Self::Index(_)
            | Self::Order(_)
            | Self::Mirror(_)
            | Self::MoveIn(_)
            | Self::Ordered(_) => "application/json",
        }
    }
}

/// Greater numbers sort first.
fn numbered(prefix: &str, number: u32) -> String {
    format!("{prefix}{:010}.json", LAST_NUMBER - number)
}

/// `{ecosystem}/{module}/{plugin}[/vN]/{version}`.
fn name(sdk: &Sdk) -> String {
    format!("{}/{}/{}", sdk.ecosystem, sdk.package().path(), sdk.version)
}

fn folder(sdk: &Sdk) -> String {
    format!("sdks/{}/", name(sdk))
}

/// The version in the last element of the path of a pending SDK or an order.
pub(crate) fn version_in(path: &str) -> Option<SdkVersion> {
    path.rsplit_once('/')?.1.strip_suffix(".json")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_what_operators_read() {
        let module: ModuleName = "acme/weather".parse().unwrap();
        let sdk = Sdk {
            ecosystem: Ecosystem::Go,
            module: module.clone(),
            plugin: "grpc-ecosystem/gateway".parse().unwrap(),
            version: "v2.30.0_20260102030405_aaaaaaaaaaaa_1".parse().unwrap(),
        };
        let label = "feature/ä b".parse().unwrap();
        let folder = "acme/weather/grpc-ecosystem/gateway/v2";
        let version = "v2.30.0_20260102030405_aaaaaaaaaaaa_1";
        for (key, path) in [
            (Key::Module(&module), "modules/acme/weather/module.json".to_owned()),
            (
                Key::Label(&module, &label),
                "modules/acme/weather/label/feature%2F%C3%A4%20b.json".to_owned(),
            ),
            (
                Key::Moves(&module, &label, 2),
                "modules/acme/weather/moves/feature%2F%C3%A4%20b/2.json".to_owned(),
            ),
            (Key::Log(&module, 1), "modules/acme/weather/log/4294967294.json".to_owned()),
            (
                Key::Numbered(Series::Labels(&module), 2),
                "modules/acme/weather/labels/4294967293.json".to_owned(),
            ),
            (
                Key::Numbered(Series::Organizations(module.owner()), 1),
                "owners/acme/organizations/4294967294.json".to_owned(),
            ),
            (
                Key::File(&sdk, &Ecosystem::Go.rules().files()[0]),
                format!("sdks/go/{folder}/{version}/files/module.zip"),
            ),
            (Key::Index(&sdk.package()), format!("sdks/go/{folder}/index.json")),
            (Key::Order(&sdk), format!("orders/go/{folder}/{version}.json")),
            (
                Key::Pending(&sdk),
                format!("modules/acme/weather/live/sdk/go/grpc-ecosystem/gateway/{version}.json"),
            ),
        ] {
            assert_eq!(key.path(), path);
        }
        let pending = Key::Pending(&sdk).path();
        assert!(pending.starts_with(&Key::live(&module)));
        assert_eq!(version_in(&pending), Some(sdk.version));
    }

    #[test]
    fn later_commits_sort_first() {
        let module: ModuleName = "acme/weather".parse().unwrap();
        assert!(Key::Log(&module, 2).path() < Key::Log(&module, 1).path());
        for number in [1, 2, 20_000] {
            let path = Key::Log(&module, number).path();
            assert_eq!(Key::number(&path, &Key::log(&module)), Some(number));
        }
    }
}
