use super::call::field;
use crate::reply::problem::Problem;
use protoedge_bufapi::proto::buf::registry::module::v1::{
    self, resource_ref, resource_ref::name::Child,
};
/// What a reference of either version of the wire names.
pub(super) enum Reference {
    /// A commit by its id.
    Id(String),
    /// A module's commit by id or label; its default label's where there is no reference.
    Name {
        /// The owner.
        owner: String,
        /// The module.
        module: String,
        /// A commit id, a label, or nothing.
        reference: String,
    },
    /// The commit that a label names, even where the label's name is a commit's id.
    Label {
        /// The owner.
        owner: String,
        /// The module.
        module: String,
        /// The label.
        label: String,
    },
}

impl Reference {
    /// What a caller names by a label; the default one where its name is empty.
    pub(super) fn labelled(owner: String, module: String, label: String) -> Self {
        if label.is_empty() {
            Self::Name { owner, module, reference: label }
        } else {
            Self::Label { owner, module, label }
        }
    }
}

impl TryFrom<v1::ResourceRef> for Reference {
    type Error = Problem;

    fn try_from(reference: v1::ResourceRef) -> Result<Self, Problem> {
        Ok(match field(reference.value, "resource")? {
            resource_ref::Value::Id(id) => Self::Id(id),
            resource_ref::Value::Name(name) => {
                let (owner, module) = (name.owner, name.module);
                match name.child {
                    Some(Child::LabelName(label)) => Self::labelled(owner, module, label),
                    Some(Child::Ref(reference)) => Self::Name { owner, module, reference },
                    None => Self::Name { owner, module, reference: String::new() },
                }
            }
        })
    }
}
