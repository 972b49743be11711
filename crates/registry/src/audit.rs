//! Who changed what, when, with which token. Entries are only ever added.
//!
//! An entry is written before the change takes effect and taken back where the change is refused, so that nothing takes
//! effect without one. One may be left of a change that was cut off.

use crate::{
    Error, Store,
    accounts::{
        recheck,
        user::{SessionId, TokenId, User},
    },
    key::Key,
};
use futures::future::try_join;
use protoedge_sdk::OwnerName;
use protoedge_storage::{Bucket, BucketError, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many entries are read at once.
const PAGE: u32 = 1000;

/// The greatest number of milliseconds that an id counts down from: until the year 2286.
const LAST_MILLIS: i64 = 9_999_999_999_999;

/// One change. It holds names, roles, ids and times, and never a token's text, a file or a description.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Sorts younger entries first.
    pub id: String,
    /// When.
    pub time: Timestamp,
    /// Who did it.
    pub actor: OwnerName,
    /// The token that was shown; none for the administrators' own, and in a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// The session in which a page was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// What was done: `push`, `member.set`, `token.revoke` …
    pub action: String,
    /// To what: the name of an owner or module.
    pub object: String,
    /// What else identifies the change: `role`, `label`, `commit` …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

/// A change that is about to be made.
pub(crate) struct Change<'a> {
    /// Whose it is: who may read of it beside administrators of the registry. None for what is nobody's.
    pub owner: Option<&'a OwnerName>,
    /// What is done.
    pub action: &'static str,
    /// To what.
    pub object: String,
    /// What else identifies the change.
    pub details: Vec<(&'static str, String)>,
}

/// Makes a change of which an entry is kept. It is kept, too, where nobody knows what came of the change: what exists already
/// may be what the answer was lost of.
///
/// # Errors
/// Those of the change, after which nothing is kept unless the bucket was in trouble.
pub(crate) async fn audited<B: Bucket, T>(
    store: &Store<B>,
    by: &User,
    change: Change<'_>,
    make: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    recheck::check_seen(store, by).await?;
    let owner = change.owner.cloned();
    let entry = write(store, by, change).await?;
    let made = make.await;
    let was_refused = |error: &Error| !matches!(error, Error::Bucket(_) | Error::Exists { .. });
    if made.as_ref().is_err_and(was_refused) {
        withdraw(store, owner.as_ref(), &entry).await?;
    }
    made
}

/// Keeps an entry of what an administrator is about to do that is no owner's.
///
/// # Errors
/// [`BucketError`] where it is not kept: then it must not be done.
pub async fn note<B: Bucket>(
    store: &Store<B>,
    by: &User,
    action: &'static str,
    object: String,
) -> Result<(), BucketError> {
    write(store, by, Change { owner: None, action, object, details: Vec::new() }).await.map(drop)
}

/// Keeps an entry.
///
/// # Errors
/// [`BucketError`] where it is not kept: then the change must not be made.
pub(crate) async fn write<B: Bucket>(
    store: &Store<B>,
    by: &User,
    change: Change<'_>,
) -> Result<AuditEntry, BucketError> {
    let now = store.now();
    let details = change.details.into_iter().map(|(name, value)| (name.to_owned(), value));
    let entry = AuditEntry {
        id: format!("{:013}-{}", LAST_MILLIS - now.millis(), &store.nonce()[..12]),
        time: now,
        actor: by.name.clone(),
        token: by.proof.token().cloned(),
        session: by.proof.session().cloned(),
        action: change.action.into(),
        object: change.object,
        details: details.collect(),
    };
    let all = Key::Audit(&entry.id);
    match change.owner {
        Some(owner) => {
            let one = Key::AuditOf(owner, &entry.id);
            try_join(put(store, &all, &entry), put(store, &one, &entry)).await?;
        }
        None => put(store, &all, &entry).await?,
    }
    Ok(entry)
}

/// Takes an entry back whose change was refused.
pub(crate) async fn withdraw<B: Bucket>(
    store: &Store<B>,
    owner: Option<&OwnerName>,
    entry: &AuditEntry,
) -> Result<(), BucketError> {
    let of_owner = owner.map(|owner| Key::AuditOf(owner, &entry.id).path());
    let keys: Vec<String> = of_owner.into_iter().chain([Key::Audit(&entry.id).path()]).collect();
    store.bucket.delete(&keys).await
}

/// [`withdraw`] for each.
pub(crate) async fn withdraw_all<B: Bucket>(
    store: &Store<B>,
    entries: &[(OwnerName, AuditEntry)],
) -> Result<(), BucketError> {
    for (owner, entry) in entries {
        withdraw(store, Some(owner), entry).await?;
    }
    Ok(())
}

/// The metadata holds the entry once more: one listing reads a thousand.
async fn put<B: Bucket>(
    store: &Store<B>,
    key: &Key<'_>,
    entry: &AuditEntry,
) -> Result<(), BucketError> {
    let text = serde_json::to_string(entry)
        .map_err(|error| BucketError::Unreadable { key: key.path(), message: error.to_string() })?;
    let metadata = Some(ascii(&text)).filter(|text| text.len() <= LONGEST);
    let metadata = metadata.map(|text| (ENTRY.to_owned(), text)).into_iter().collect();
    store.put(key, entry, metadata).await
}

/// The longest entry that metadata take, of which R2 takes 8,192 bytes: one that is longer is read from its object.
const LONGEST: usize = 6_000;

/// The name of the metadata with the entry.
const ENTRY: &str = "entry";

/// A JSON text in ASCII alone, as headers carry it.
fn ascii(json: &str) -> String {
    let mut units = [0; 2];
    json.chars().fold(String::new(), |mut text, c| {
        match c {
            ' '..='~' => text.push(c),
            c => {
                text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")))
            }
        }
        text
    })
}

/// The changes of an owner's, or of all where none is named, the youngest first; those before an entry where one is named.
///
/// # Errors
/// [`BucketError`] where the bucket does not say.
pub async fn read<B: Bucket>(
    store: &Store<B>,
    owner: Option<&OwnerName>,
    before: Option<&str>,
) -> Result<Vec<AuditEntry>, BucketError> {
    let prefix = owner.map_or_else(|| Key::AUDIT.to_owned(), Key::audit_of);
    let after = before.map(|id| format!("{prefix}{id}.json"));
    let page = store.bucket.list(&prefix, after.as_deref(), PAGE).await?;
    let mut entries = Vec::new();
    for meta in page.objects {
        let shown = meta.metadata.get(ENTRY).and_then(|text| serde_json::from_str(text).ok());
        entries.extend(match shown {
            Some(entry) => Some(entry),
            None => store.load_path(&meta.key).await?.map(|(entry, _)| entry),
        });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_ascii_and_says_the_same() {
        for text in ["feature/ä", "a\u{1f600}\"\\", "\u{7f}"] {
            let json = serde_json::to_string(text).unwrap();
            let ascii = ascii(&json);
            assert!(ascii.is_ascii() && !ascii.contains('\u{7f}'), "{ascii}");
            assert_eq!(serde_json::from_str::<String>(&ascii).unwrap(), text);
        }
    }
}
