//! What is stored, as messages.

use protoedge_bufapi::{
    digest::{B4, B5},
    proto::buf::{
        alpha::registry::v1alpha1 as alpha,
        registry::{
            module::{v1, v1beta1},
            owner::v1 as owner,
        },
    },
};
use protoedge_registry::{Commit, LabelHead, Module, Owner, OwnerKind, Visibility};
use protoedge_storage::Timestamp;
use sha2::{Digest as _, Sha256};

pub(super) fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let nanos = i32::try_from(at.millis().rem_euclid(1000) * 1_000_000).unwrap_or_default();
    prost_types::Timestamp { seconds: at.seconds(), nanos }
}

pub(super) fn module(module: &Module) -> v1::Module {
    v1::Module {
        id: module.id.to_string(),
        create_time: Some(timestamp(module.created)),
        update_time: Some(timestamp(module.updated.unwrap_or(module.created))),
        name: module.name.name().into(),
        owner_id: module.owner_id.to_string(),
        visibility: match module.visibility {
            Visibility::Public => v1::ModuleVisibility::Public.into(),
            Visibility::Private => v1::ModuleVisibility::Private.into(),
        },
        state: match module.is_deprecated {
            true => v1::ModuleState::Deprecated.into(),
            false => v1::ModuleState::Active.into(),
        },
        description: module.description.clone(),
        url: module.url.clone(),
        default_label_name: module.default_label.to_string(),
    }
}

/// The bytes of the module digest. Every stored digest was printed by the type that reads it here.
fn b5(commit: &Commit) -> bytes::Bytes {
    let digest = commit.digest.parse::<B5>();
    digest.map(|digest| digest.as_bytes().to_vec().into()).unwrap_or_default()
}

fn b4(commit: &Commit) -> bytes::Bytes {
    let digest = commit.files_digest.parse::<B4>();
    digest.map(|digest| digest.as_bytes().to_vec().into()).unwrap_or_default()
}

pub(super) fn commit(of: &Module, commit: &Commit) -> v1::Commit {
    v1::Commit {
        id: commit.id.to_string(),
        create_time: Some(timestamp(commit.created)),
        owner_id: of.owner_id.to_string(),
        module_id: of.id.to_string(),
        digest: Some(v1::Digest { r#type: v1::DigestType::B5.into(), value: b5(commit) }),
        created_by_user_id: commit.created_by.to_string(),
        source_control_url: commit.source_control_url.clone(),
    }
}

/// A label. Its id is made of its module's and its own name: labels are addressed by name.
pub(super) fn label(of: &Module, label: &LabelHead) -> v1::Label {
    let name = format!("{}/{}", of.id, label.label);
    v1::Label {
        id: hex::encode(Sha256::digest(name))[..32].to_owned(),
        create_time: Some(timestamp(label.created)),
        update_time: Some(timestamp(label.archived.unwrap_or(label.updated))),
        archive_time: label.archived.map(timestamp),
        name: label.label.to_string(),
        owner_id: of.owner_id.to_string(),
        module_id: of.id.to_string(),
        commit_id: label.commit.to_string(),
        ..v1::Label::default()
    }
}

/// A commit with the digest that the caller wants: B4 is what modules with a buf.yaml of version v1
/// lock.
pub(super) fn beta_commit(
    of: &Module,
    commit: &Commit,
    digest_type: v1beta1::DigestType,
) -> v1beta1::Commit {
    let (digest_type, value) = match digest_type {
        v1beta1::DigestType::B5 => (v1beta1::DigestType::B5, b5(commit)),
        v1beta1::DigestType::B4 | v1beta1::DigestType::Unspecified => {
            (v1beta1::DigestType::B4, b4(commit))
        }
    };
    v1beta1::Commit {
        id: commit.id.to_string(),
        create_time: Some(timestamp(commit.created)),
        owner_id: of.owner_id.to_string(),
        module_id: of.id.to_string(),
        digest: Some(v1beta1::Digest { r#type: digest_type.into(), value }),
        created_by_user_id: commit.created_by.to_string(),
        source_control_url: commit.source_control_url.clone(),
    }
}

pub(super) fn user(owner: &Owner) -> owner::User {
    owner::User {
        id: owner.id.to_string(),
        create_time: Some(timestamp(owner.created)),
        update_time: Some(timestamp(owner.created)),
        name: owner.name.to_string(),
        r#type: match owner.kind {
            OwnerKind::Robot => owner::UserType::Bot.into(),
            OwnerKind::User | OwnerKind::Organization => owner::UserType::Standard.into(),
        },
        state: match owner.is_disabled {
            true => owner::UserState::Inactive.into(),
            false => owner::UserState::Active.into(),
        },
        description: owner.description.clone(),
        url: owner.url.clone(),
        verification_status: owner::UserVerificationStatus::Unverified.into(),
        ..owner::User::default()
    }
}

pub(super) fn alpha_user(owner: &Owner) -> alpha::User {
    alpha::User {
        id: owner.id.to_string(),
        create_time: Some(timestamp(owner.created)),
        update_time: Some(timestamp(owner.created)),
        username: owner.name.to_string(),
        user_type: match owner.kind {
            OwnerKind::Robot => alpha::UserType::Machine.into(),
            OwnerKind::User | OwnerKind::Organization => alpha::UserType::Personal.into(),
        },
        ..alpha::User::default()
    }
}

pub(super) fn organization(owner: &Owner) -> owner::Organization {
    owner::Organization {
        id: owner.id.to_string(),
        create_time: Some(timestamp(owner.created)),
        update_time: Some(timestamp(owner.updated.unwrap_or(owner.created))),
        name: owner.name.to_string(),
        description: owner.description.clone(),
        url: owner.url.clone(),
        verification_status: owner::OrganizationVerificationStatus::Unverified.into(),
        visibility: owner::OrganizationVisibility::Public.into(),
    }
}

pub(super) fn any_owner(owner: &Owner) -> owner::Owner {
    use owner::owner::Value;
    let value = match owner.kind {
        OwnerKind::User | OwnerKind::Robot => Value::User(user(owner)),
        OwnerKind::Organization => Value::Organization(organization(owner)),
    };
    owner::Owner { value: Some(value) }
}
