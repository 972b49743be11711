//! What a robot trusts: tokens that systems of continuous integration sign for their jobs, by what they say.

use crate::{
    Error, Store,
    accounts::{
        owners, robots,
        role::Role,
        token_text::TokenText,
        tokens,
        user::{Scope, TokenId, TrustId, User},
        verified::TokenRecord,
    },
    audit::{self, Change},
    key::Key,
};
use futures::future::try_join_all;
use protoedge_bufapi::text::is_hidden;
use protoedge_sdk::OwnerName;
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// How many trusts a robot may have.
const MOST_TRUSTS: usize = 20;

/// How many claims a trust may name, and how long each and its value may be, in bytes.
const MOST_CLAIMS: usize = 20;
const LONGEST_CLAIM: usize = 500;

/// Claims of which one must be named: what others who use the same issuer cannot have. Names of repositories and projects are none
/// of them: whoever renames a repository leaves its name to others.
const WHOSE: [&str; 9] = [
    "sub",
    "repository_id",
    "repository_owner_id",
    "project_id",
    "namespace_id",
    "pipeline_id",
    "organization_id",
    "oidc.circleci.com/project-id",
    "workspaceUuid",
];

/// Claims that no trust names: they are checked anyway, or change with each token.
const CHECKED: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "azp"];

/// How long a token is good that may push: a job asks for it at its start, and again where it takes longer.
const WRITE_LASTS: Duration = Duration::from_secs(15 * 60);

/// How long one is good that only reads.
const READ_LASTS: Duration = Duration::from_secs(60 * 60);

/// Which tokens of an issuer's a robot is given a token for: those whose claims are these, to the letter.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// What names it.
    pub id: TrustId,
    /// Who signs the tokens.
    pub issuer: String,
    /// What they must say. Texts, whole numbers, true and false are compared as texts.
    pub claims: BTreeMap<String, String>,
    /// When it was made.
    pub created: Timestamp,
}

/// What a robot trusts, in the order of their making.
///
/// # Errors
/// [`Error::Forbidden`] for those who are no administrators of its organization.
pub async fn trusts<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    robot: &OwnerName,
) -> Result<Vec<Trust>, Error> {
    robots::find_robot(store, by, organization, robot).await?;
    Ok(trusts_of(store, robot).await?)
}

/// What a robot trusts: for the exchange, which nobody has signed in to.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn trusts_of<B: Bucket>(
    store: &Store<B>,
    robot: &OwnerName,
) -> Result<Vec<Trust>, BucketError> {
    let listed = store.list_all(&Key::trusts(robot)).await?;
    let loaded = listed.iter().map(|meta| store.load_path::<Trust>(&meta.key));
    let loaded = try_join_all(loaded).await?.into_iter().flatten();
    let mut found: Vec<Trust> = loaded.map(|(trust, _)| trust).collect();
    found.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    Ok(found)
}

/// Has a robot trust tokens of an issuer's that say this.
///
/// # Errors
/// [`Error::BadTrust`] says what is wrong with it, [`Error::BadRole`] where the robot may do more than the caller may give.
pub async fn add_trust<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    robot: &OwnerName,
    issuer: &str,
    claims: BTreeMap<String, String>,
) -> Result<Trust, Error> {
    check_claims(&claims)?;
    let (owner, found) = robots::find_robot(store, by, organization, robot).await?;
    robots::check_role(by, &owner, robot, found.role.unwrap_or(Role::Read))?;
    if store.list_all(&Key::trusts(robot)).await?.len() >= MOST_TRUSTS {
        let (of, what) = (robot.to_string(), "trusts");
        return Err(Error::TooManyMembers { of, what, most: MOST_TRUSTS });
    }
    let trust = Trust {
        id: TrustId::of_nonce(&store.nonce()),
        issuer: issuer.to_owned(),
        claims,
        created: store.now(),
    };
    let add = async { Ok(store.create(&Key::Trust(robot, &trust.id), &trust).await.map(drop)?) };
    audit::audited(store, by, change("trust.create", organization, robot, &trust), add).await?;
    Ok(trust)
}

/// Ends a trust: within 10 s the tokens that it gave are good for nothing.
///
/// # Errors
/// [`Error::NoTrust`] where there is none of that id.
pub async fn remove_trust<B: Bucket>(
    store: &Store<B>,
    by: &User,
    organization: &OwnerName,
    robot: &OwnerName,
    id: &TrustId,
) -> Result<(), Error> {
    let (owner, found) = robots::find_robot(store, by, organization, robot).await?;
    robots::check_role(by, &owner, robot, found.role.unwrap_or(Role::Read))?;
    let missing = || Error::NoTrust { robot: robot.clone(), id: id.as_str().into() };
    let known = store.load::<Trust>(&Key::Trust(robot, id)).await?;
    let (trust, _) = known.ok_or_else(missing)?;
    let remove = async { Ok(store.remove(&Key::Trust(robot, id)).await?) };
    let change = change("trust.delete", organization, robot, &trust);
    audit::audited(store, by, change, remove).await?;
    store.memo.users.clear();
    Ok(())
}

/// Gives a robot a token for one of its issuer's, whose signature was verified. What the robot may do decides how long it is good:
/// a quarter of an hour to push, an hour to read.
///
/// # Errors
/// [`Error::Disabled`] and [`Error::NoUser`] for a robot that gets none, [`Error::TooManyTokens`] for one that has too many.
pub async fn exchange<B: Bucket>(
    store: &Store<B>,
    robot: &OwnerName,
    trust: &Trust,
) -> Result<(TokenText, TokenRecord), Error> {
    let nobody = || Error::NoUser { user: robot.clone() };
    let owner = owners::find_user(store, robot).await?;
    if owner.is_disabled {
        return Err(Error::Disabled { user: robot.clone() });
    }
    let organization = owner.organization.as_ref().ok_or_else(nobody)?;
    let organization = owners::find_owner(store, organization).await?.ok_or_else(nobody)?;
    let role = organization.members.get(robot).copied().ok_or_else(nobody)?;
    let (scope, lasts) = match role {
        Role::Read => (Scope::Read, READ_LASTS),
        Role::Write | Role::Admin | Role::Owner => (Scope::Write, WRITE_LASTS),
    };
    let now = store.now();
    let record = TokenRecord {
        id: TokenId::of_nonce(&store.nonce()),
        user: robot.clone(),
        name: format!("continuous integration, trust {}", trust.id.as_str()),
        created: now,
        expires: now + lasts,
        scope,
        modules: None,
        trust: Some(trust.id.clone()),
    };
    let by = User { is_robot: true, ..User::unlimited(robot.clone()) };
    let (action, object) = ("token.exchange", robot.to_string());
    let id = ("id", record.id.as_str().to_owned());
    let details = vec![id, ("trust", trust.id.as_str().to_owned())];
    let change = Change { owner: Some(owner.answerable()), action, object, details };
    let text = TokenText::draw(store);
    audit::audited(store, &by, change, tokens::keep_exchanged(store, &text, &record)).await?;
    Ok((text, record))
}

/// Makes sure that a trust cannot let in everybody who uses its issuer.
fn check_claims(claims: &BTreeMap<String, String>) -> Result<(), Error> {
    let wrong = |what: String| Err(Error::BadTrust { what });
    if claims.is_empty() || claims.len() > MOST_CLAIMS {
        return wrong(format!("it names 1 to {MOST_CLAIMS} claims"));
    }
    for (name, value) in claims {
        if name.contains(is_hidden) || value.contains(is_hidden) {
            return wrong("claims and their values have no hidden characters".into());
        }
        if name.is_empty() || value.is_empty() || name.len().max(value.len()) > LONGEST_CLAIM {
            return wrong(format!("a claim and its value have 1 to {LONGEST_CLAIM} bytes"));
        }
        if value.contains('*') {
            return wrong(format!(
                "{name} is compared to the letter, and `*` stands for nothing else: name the whole value, or a claim that all of them share"
            ));
        }
        if CHECKED.contains(&name.as_str()) {
            return wrong(format!("{name} is checked anyway"));
        }
    }
    if claims.keys().any(|name| WHOSE.contains(&name.as_str())) {
        return Ok(());
    }
    wrong(format!("without one of {} it lets in others who use the same issuer", WHOSE.join(", ")))
}

fn change<'a>(
    action: &'static str,
    organization: &'a OwnerName,
    robot: &OwnerName,
    trust: &Trust,
) -> Change<'a> {
    let claims = serde_json::to_string(&trust.claims).unwrap_or_default();
    let details = vec![
        ("id", trust.id.as_str().to_owned()),
        ("issuer", trust.issuer.clone()),
        ("claims", claims),
    ];
    Change { owner: Some(organization), action, object: robot.to_string(), details }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trust_says_whose_tokens_it_is_for() {
        let check = |claims: &[(&str, &str)]| {
            check_claims(&claims.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect())
        };
        for good in [
            &[("repository_id", "1234")][..],
            &[("repository_id", "1234"), ("ref", "refs/heads/main")],
            &[("sub", "repo:acme/weather:ref:refs/heads/main")],
            &[("project_id", "22"), ("ref_type", "tag")],
        ] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        let long = "x".repeat(501);
        for (bad, words) in [
            (&[][..], "1 to 20 claims"),
            (&[("ref", "refs/heads/main")], "lets in others"),
            (&[("repository", "acme/weather")], "lets in others"),
            (&[("sub", "repo:acme/weather:*")], "`*` stands for nothing"),
            (&[("repository_id", "")], "1 to 500 bytes"),
            (&[("repository_id", long.as_str())], "1 to 500 bytes"),
            (&[("repository_id", "1"), ("aud", "x")], "aud is checked"),
            (&[("repository_id", "1\u{202e}2")], "hidden"),
            (&[("repository_id", "1\n2")], "hidden"),
        ] {
            let error = check(bad).unwrap_err().to_string();
            assert!(error.contains(words), "{bad:?}: {error}");
        }
    }
}
