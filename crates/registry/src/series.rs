use protoedge_sdk::{ModuleName, OwnerName};

/// What is numbered where it is made, since a bucket counts nothing: 1, 2, 3 … up to a bound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Series<'a> {
    /// The organizations that a person made.
    Organizations(&'a OwnerName),
    /// The robots of an organization, deleted ones among them: their names stay taken.
    Robots(&'a OwnerName),
    /// The modules of an owner.
    Modules(&'a OwnerName),
    /// The labels of a module, but for its default one.
    Labels(&'a ModuleName),
}

impl Series<'_> {
    /// The greatest number.
    pub const fn most(&self) -> u32 {
        match self {
            // More than a person belongs to.
            Self::Organizations(_) => 20,
            // A robot a pipeline, and as many again that were given up.
            Self::Robots(_) => 200,
            // A module a team, of the largest companies.
            Self::Modules(_) => 5_000,
            // A label a branch: twice what the busiest modules keep. A list reads them 1,000 at a time.
            Self::Labels(_) => 20_000,
        }
    }

    /// Everything of the series, newest first.
    pub fn prefix(&self) -> String {
        match self {
            Self::Organizations(user) => format!("owners/{user}/organizations/"),
            Self::Robots(owner) => format!("owners/{owner}/robot-names/"),
            Self::Modules(owner) => format!("owners/{owner}/modules/"),
            Self::Labels(module) => format!("modules/{module}/labels/"),
        }
    }
}
