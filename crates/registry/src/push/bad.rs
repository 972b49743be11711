use protoedge_bufapi::module_path::BadPath;
use protoedge_sdk::{CommitId, ModuleName};

/// Why a push was refused. The texts are shown by the buf CLI.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadPush {
    /// No module at all.
    #[error("a push needs at least one module")]
    Empty,
    /// A module without .proto files.
    #[error("module {module} has no .proto file")]
    NoProtoFile {
        /// Which.
        module: ModuleName,
    },
    /// A file whose path breaks a rule.
    #[error("module {module}: {error}")]
    Path {
        /// In which module.
        module: ModuleName,
        /// What is wrong.
        error: BadPath,
    },
    /// A module that is pushed twice at once, or that is pushed and depended on.
    #[error("module {module} is named twice; one push has one commit of a module")]
    ModuleTwice {
        /// Which.
        module: ModuleName,
    },
    /// A path that two modules define.
    #[error("{path:?} is defined by both {one} and {other}; give one of the two another path")]
    PathTwice {
        /// The path.
        path: String,
        /// One module.
        one: ModuleName,
        /// The other one.
        other: ModuleName,
    },
    /// An import that no module defines.
    #[error(
        "{path:?} in module {module} imports {import:?}, which neither the push nor its dependencies define; add the module that does to `deps` in buf.yaml and run `buf dep update`"
    )]
    NoSuchImport {
        /// In which module.
        module: ModuleName,
        /// Which file.
        path: String,
        /// What it imports.
        import: String,
    },
    /// A copy of what protobuf itself defines.
    #[error(
        "{path:?} in module {module} belongs to protobuf itself: every compiler and every runtime brings it, and a program that has a copy as well ends at its start; delete it"
    )]
    WellKnown {
        /// In which module.
        module: ModuleName,
        /// Which file.
        path: String,
    },
    /// A comment that would be carried out in generated code.
    #[error(
        "{path:?}, line {line}, in module {module}: in generated Go code this comment would be the directive {directive}, which Go's tool chain carries out; begin the comment with another word"
    )]
    GoDirective {
        /// In which module.
        module: ModuleName,
        /// Which file.
        path: String,
        /// The comment's line in it, from 1 on.
        line: usize,
        /// The directive's first word.
        directive: String,
    },
    /// Modules that import each other.
    #[error("module {module} imports itself through other modules of the push")]
    Circle {
        /// One of them.
        module: ModuleName,
    },
    /// No URL, or one that is too long.
    #[error(
        "the source control URL of module {module} must be an absolute http or https URL of at most {max} bytes"
    )]
    Url {
        /// Which module.
        module: ModuleName,
        /// The limit.
        max: usize,
    },
    /// A commit that is named twice.
    #[error("dependency commit {id} is named twice")]
    DepTwice {
        /// Which.
        id: CommitId,
    },
    /// More dependencies than a push may name.
    #[error("a push may depend on {max} commits, not on {given}")]
    ManyDeps {
        /// How many it names.
        given: usize,
        /// The limit.
        max: usize,
    },
    /// More labels than a push may move.
    #[error("a push may move {max} labels of module {module}, not {given}")]
    ManyLabels {
        /// Which module.
        module: ModuleName,
        /// How many it names.
        given: usize,
        /// The limit.
        max: usize,
    },
    /// A public module that would depend on a private one.
    #[error(
        "module {module} is public and cannot depend on {dep}, which is private: make {dep} public, or {module} private"
    )]
    PrivateDependency {
        /// The public one.
        module: ModuleName,
        /// What it depends on.
        dep: ModuleName,
    },
    /// Others pushed to the same label again and again.
    #[error("others are pushing to the same label; push again")]
    TooMany,
}
