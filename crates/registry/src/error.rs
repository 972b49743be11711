use protoedge_sdk::{BadName, CommitId, Label, ModuleName, OwnerName};
use protoedge_storage::BucketError;
use std::time::Duration;

/// Why the registry did not do what was asked. `crates/edge` gives each its status and code.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// The bucket is in trouble.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// A name that cannot be given.
    #[error(transparent)]
    Name(#[from] BadName),
    /// No such owner.
    #[error("there is no owner {0:?}: create it with `buf registry organization create HOST/{0}`", .owner.as_str())]
    NoOwner {
        /// Who was asked for.
        owner: OwnerName,
    },
    /// No such module, or not the caller's to see: never told apart.
    #[error(
        "there is no module {module}, or it is private and not for this caller; whoever may push to it makes it with `buf push --create`"
    )]
    NoModule {
        /// What was asked for.
        module: ModuleName,
    },
    /// A caller without a token in a registry that requires one: of every module, there or not.
    #[error("there is no module {module} for callers without a token: this registry requires one")]
    SignIn {
        /// What was asked for.
        module: ModuleName,
    },
    /// A module without a commit on any label.
    #[error("module {module} is empty: nothing was pushed to it yet")]
    Empty {
        /// Which.
        module: ModuleName,
    },
    /// A module whose default label names nothing, while others do.
    #[error(
        "nothing was pushed to the default label {label} of module {module} yet: push to it, or name one of the module's other labels"
    )]
    NoDefault {
        /// Of what.
        module: ModuleName,
        /// The default label.
        label: Label,
    },
    /// A commit of a public module that depends on one that is private now. It names nothing that not everybody may read.
    #[error(
        "commit {} of module {module} depends on a module that not everybody may read any more; its owner pushes one that does not",
        .commit.short()
    )]
    Withdrawn {
        /// Of what.
        module: ModuleName,
        /// Which.
        commit: CommitId,
    },
    /// A module that cannot be made public.
    #[error(
        "module {module} cannot be public: its label {label} depends on {dep}, which is private"
    )]
    DependsOnPrivate {
        /// Which.
        module: ModuleName,
        /// The label whose head depends on a private module.
        label: Label,
        /// The private one.
        dep: Box<ModuleName>,
    },
    /// A module whose visibility was changed too often.
    #[error(
        "the visibility of module {module} was changed {most} times in an hour, the most that it may be: try again in {} minutes", .wait.as_secs().div_ceil(60)
    )]
    TooManyFlips {
        /// Which.
        module: ModuleName,
        /// The bound.
        most: usize,
        /// When it may be changed again.
        wait: Duration,
    },
    /// What administrators of the registry withhold.
    #[error("{what} is withheld by the administrators of this registry: {reason}")]
    Withheld {
        /// `module …`, `commit … of module …`, or files that are pushed.
        what: String,
        /// Why.
        reason: String,
    },
    /// Nothing is withheld so.
    #[error("{what} is not withheld")]
    NoTakedown {
        /// What was asked for.
        what: String,
    },
    /// What cannot be a webhook.
    #[error("this cannot be a webhook: {what}")]
    BadWebhook {
        /// What is wrong with it.
        what: &'static str,
    },
    /// No such webhook.
    #[error("there is no webhook of this id")]
    NoWebhook {
        /// What was asked for.
        id: CommitId,
    },
    /// A module that others need and that is not to be deleted by accident.
    #[error(
        "module {module} is in use: {dependents} modules depend on it, and {packages} of its packages were asked for in the last 90 days. Deprecate it, or delete it all the same with `DELETE /-/api/modules/{module}?force=true`"
    )]
    InUse {
        /// Which.
        module: ModuleName,
        /// How many modules depend on it; not more are counted than 20.
        dependents: usize,
        /// How many of its packages are in use, by plugin version.
        packages: usize,
    },
    /// A deleted module that cannot be made again yet.
    #[error("module {module} was deleted, and is being erased: try again in a minute")]
    BeingDeleted {
        /// Which.
        module: ModuleName,
    },
    /// An organization that still has something.
    #[error("{organization} still has {what}: delete that first")]
    NotEmpty {
        /// Which.
        organization: OwnerName,
        /// `the module …`, `the robot …`.
        what: String,
    },
    /// No such label.
    #[error("module {module} has no label {label}")]
    NoLabel {
        /// Of what.
        module: ModuleName,
        /// What was asked for.
        label: Label,
    },
    /// An archived label that was to be the default one.
    #[error("label {label} of module {module} is archived: bring it back first")]
    Archived {
        /// Of what.
        module: ModuleName,
        /// The label.
        label: Label,
    },
    /// A default label that was to be archived.
    #[error(
        "{label} is the default label of module {module} and cannot be archived: make another label the default first"
    )]
    ArchivedDefault {
        /// Of what.
        module: ModuleName,
        /// The default label.
        label: Label,
    },
    /// Neither a commit nor a label of the module.
    #[error("module {module} has no commit and no label {reference:?}")]
    NoReference {
        /// Of what.
        module: ModuleName,
        /// What was asked for.
        reference: String,
    },
    /// No such commit.
    #[error("there is no commit {id}")]
    NoCommit {
        /// What was asked for.
        id: CommitId,
    },
    /// Nothing has this id.
    #[error("nothing here has the id {id:?}")]
    NoId {
        /// What was asked for.
        id: String,
    },
    /// The name is taken.
    #[error("{what} {name} exists already")]
    Exists {
        /// `owner` or `module`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Another module has the same name where owner and name are joined.
    #[error(
        "{module} cannot be made: its Python packages would be called {joined}-…, as another module's are; give it another name"
    )]
    JoinedTaken {
        /// The module.
        module: ModuleName,
        /// What both are called.
        joined: String,
    },
    /// A description or a home page that the wire cannot carry.
    #[error(
        "a description may have 350 characters, none of them a control character or one that turns the direction of writing, and a URL must be an absolute one of http or https, of at most 255 bytes"
    )]
    About,
    /// More than one reply can carry.
    #[error("these modules are too large for one reply; ask for fewer at once")]
    TooMuch,
    /// Credentials that are none, or no longer.
    #[error("{}", if *.is_readable {
        "the token is unknown or has expired; ask an administrator for a new one"
    } else {
        "the Authorization header cannot be read"
    })]
    BadCredentials {
        /// Whether it has the form of a token.
        is_readable: bool,
    },
    /// A session that has ended since the page was sent for.
    #[error("you are signed out: sign in again")]
    SignedOut,
    /// A token of a robot's, where a person signs in.
    #[error("{user} is a robot, and robots do not sign in: take a token of your own")]
    NoRobot {
        /// Whose token it is.
        user: OwnerName,
    },
    /// An identity that is another person's here.
    #[error("this identity is another person's here already")]
    Registered,
    /// An identity that takes another name at this moment.
    #[error("another name is being made for you at this moment: try again in a minute")]
    Registering,
    /// What a caller may do has changed since the call began.
    #[error("what you may do has changed meanwhile: try again")]
    RightsChanged,
    /// A person who has another identity.
    #[error("{user} signs in with another identity already")]
    HasIdentity {
        /// Who.
        user: OwnerName,
    },
    /// A name that looks like another one's.
    #[error("the name {name} looks like {other}, which is taken: take another one")]
    LooksLike {
        /// What was asked for.
        name: OwnerName,
        /// What it looks like.
        other: OwnerName,
    },
    /// A device's code that is none, or no longer.
    #[error("{what}")]
    BadDevice {
        /// Which of it, and what to do.
        what: &'static str,
    },
    /// What cannot be a trust of a robot's.
    #[error("this cannot be a trust: {what}")]
    BadTrust {
        /// What is wrong with it.
        what: String,
    },
    /// No such trust.
    #[error("{robot} has no trust {id:?}")]
    NoTrust {
        /// Whose it would be.
        robot: OwnerName,
        /// Its id.
        id: String,
    },
    /// Too many codes of devices.
    #[error("these were {most} codes in an hour: try again in an hour")]
    TooManyCodes {
        /// The bound.
        most: u32,
    },
    /// The caller may not change this.
    #[error("{user} may not change {what}: ask a member of its owner, or an administrator")]
    Forbidden {
        /// Who asked.
        user: String,
        /// What was to be changed.
        what: String,
    },
    /// No such person or robot.
    #[error(
        "there is no user {user}: an administrator of this registry makes one with the first token"
    )]
    NoUser {
        /// Who was asked for.
        user: OwnerName,
    },
    /// No such token.
    #[error("{user} has no token {id:?}")]
    NoToken {
        /// Whose it would be.
        user: OwnerName,
        /// Its id.
        id: String,
    },
    /// What no token can be.
    #[error("this cannot be a token: {what}")]
    BadToken {
        /// What a token is.
        what: &'static str,
    },
    /// As many tokens as there may be.
    #[error(
        "{user} has {most} tokens, the most that there may be: revoke one that is not needed any more"
    )]
    TooManyTokens {
        /// Whose.
        user: OwnerName,
        /// The bound.
        most: usize,
    },
    /// A user whose tokens are good for nothing.
    #[error(
        "{user} is disabled: an administrator of this registry, or of the robot's organization, ends that"
    )]
    Disabled {
        /// Who.
        user: OwnerName,
    },
    /// An owner that has no members.
    #[error("{owner} is no organization, and has no members")]
    NoOrganization {
        /// Who was asked for.
        owner: OwnerName,
    },
    /// Somebody who is no member, no collaborator or no robot of what was named.
    #[error("{user} is no {what} of {of}")]
    NoMember {
        /// Who.
        user: OwnerName,
        /// `member`, `collaborator` or `robot`.
        what: &'static str,
        /// Of which organization or module.
        of: String,
    },
    /// An organization would have no owner.
    #[error("{organization} must have an owner: make another member its owner first")]
    LastOwner {
        /// Which.
        organization: OwnerName,
    },
    /// A role that somebody cannot have.
    #[error("{user} cannot have this role in {of}: {why}")]
    BadRole {
        /// Who.
        user: OwnerName,
        /// In what.
        of: String,
        /// What the rule is.
        why: &'static str,
    },
    /// More members or collaborators than there may be.
    #[error("{of} has {most} {what}, the most that there may be")]
    TooManyMembers {
        /// Which organization or module.
        of: String,
        /// `members` or `collaborators`.
        what: &'static str,
        /// The bound.
        most: usize,
    },
    /// A name that the registry uses itself.
    #[error("the name {name} is the registry's own; take another one")]
    OwnName {
        /// Which.
        name: OwnerName,
    },
    /// A name that everybody knows from elsewhere, or that looks like one.
    #[error(
        "the name {name} is reserved for those who are known as {known}: an administrator of this registry makes it for them, everybody else takes another name"
    )]
    ReservedOwner {
        /// What was asked for.
        name: OwnerName,
        /// The name that everybody knows.
        known: &'static str,
    },
    /// As much was made as may be.
    #[error(
        "{whose} has {most} {what}, the most that there may be; ask an administrator of this registry, who may make more"
    )]
    Full {
        /// A user, an owner or a module.
        whose: String,
        /// Of what.
        what: &'static str,
        /// The bound.
        most: u32,
    },
    /// The default label cannot name a commit that has no time in versions.
    #[error(
        "the default label {label} cannot name {id}, which was pushed to another label and has no time in versions: push its content to the default label, or have {label} name a commit that was pushed to that"
    )]
    NoTime {
        /// The default label.
        label: Label,
        /// The commit.
        id: CommitId,
    },
    /// What another registry has and this one cannot take.
    #[error("{what} of {host} cannot be had here: {why}")]
    Upstream {
        /// The other registry.
        host: String,
        /// A module, a commit.
        what: String,
        /// Why.
        why: String,
    },
    /// What is fetched from another registry, and was to be changed here.
    #[error("{what} is fetched from {host}, and nothing of it is changed here")]
    OfUpstream {
        /// An owner or a module.
        what: String,
        /// The other registry.
        host: String,
    },
    /// A push that breaks a rule.
    #[error(transparent)]
    Push(#[from] crate::push::BadPush),
    /// A catalogue that cannot be taken.
    #[error("{message}")]
    Catalogue {
        /// What is wrong.
        message: String,
    },
}
