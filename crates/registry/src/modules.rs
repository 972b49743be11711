use crate::{
    Bucket, BucketError, Error, Moment, Series, Store, User, Viewer,
    key::Key,
    owners::{Identified, check_about},
};
use protoedge_sdk::{CommitId, Label, ModuleName};
use serde::{Deserialize, Serialize};

/// A module.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// 32 hexadecimal digits.
    pub id: CommitId,
    /// `owner/name`.
    pub name: ModuleName,
    /// The owner's id.
    pub owner_id: CommitId,
    /// When it was made.
    pub created: Moment,
    /// Who may read it.
    pub visibility: Visibility,
    /// The label that a push moves unless it names others, and whose head is `latest`.
    pub default_label: Label,
    /// A sentence.
    #[serde(default)]
    pub description: String,
    /// A home page.
    #[serde(default)]
    pub url: String,
}

/// Who may read a module.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everybody.
    Public,
}

impl Module {
    /// Whether somebody may read what is in the module.
    pub fn may_be_seen_by(&self, _viewer: &Viewer) -> bool {
        match self.visibility {
            Visibility::Public => true,
        }
    }
}

/// What a new module is to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewModule {
    /// `owner/name`.
    pub name: ModuleName,
    /// `main` unless named.
    pub default_label: Label,
    /// A sentence.
    pub description: String,
    /// A home page.
    pub url: String,
}

impl<B: Bucket> Store<B> {
    /// A module as it is now, for those who change it.
    pub async fn module(&self, name: &ModuleName) -> Result<Option<Module>, BucketError> {
        Ok(self.load(&Key::Module(name)).await?.map(|(module, _)| module))
    }

    /// Makes a module. The owner must be there, and the user one of its members.
    ///
    /// # Errors
    /// [`Error::Full`] where the owner has as many as it may have.
    pub async fn create_module(&self, user: &User, new: NewModule) -> Result<Module, Error> {
        check_about(&new.description, &new.url)?;
        let owner = new.name.owner();
        let record = self.owner(owner).await?;
        let record = record.ok_or_else(|| Error::NoOwner { owner: owner.clone() })?;
        if !self.may_change(user, owner).await? {
            return Err(forbidden(user, owner.as_str()));
        }
        if self.module(&new.name).await?.is_some() {
            return Err(Error::Exists { what: "module", name: new.name.to_string() });
        }
        self.admit(user, Series::Modules(owner), new.name.name()).await?;
        let module = Module {
            id: self.mint(Identified::Module(new.name.clone())).await?,
            name: new.name,
            owner_id: record.id,
            created: self.now(),
            visibility: Visibility::Public,
            default_label: new.default_label,
            description: new.description,
            url: new.url,
        };
        if self.create(&Key::Module(&module.name), &module).await? {
            Ok(module)
        } else {
            Err(Error::Exists { what: "module", name: module.name.to_string() })
        }
    }
}

pub(crate) fn forbidden(user: &User, what: &str) -> Error {
    Error::Forbidden { user: user.name.to_string(), what: what.into() }
}
