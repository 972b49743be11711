use super::index::IndexedModule;
use crate::{
    Module, Store, Visibility,
    key::Key,
    modules::{lookup, tips},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use protoedge_sdk::ModuleName;
use protoedge_storage::{Bucket, BucketError, Meta, Timestamp};
use std::collections::BTreeMap;

/// What became of a module: as lists show it, or that they do not.
pub(super) struct News {
    pub(super) of: ModuleName,
    pub(super) now: Option<IndexedModule>,
    pub(super) at: Timestamp,
    pub(super) key: String,
}

/// As many characters of a description as lists show.
const SHOWN: usize = 160;

/// The name of what stands in the metadata of news.
const NOW: &str = "now";

/// All news, the oldest first.
pub(super) async fn news<B: Bucket>(store: &Store<B>) -> Result<Vec<News>, BucketError> {
    let found = store.list_all(Key::SEARCH_NEWS).await?;
    Ok(found.iter().filter_map(read).collect())
}

fn read(meta: &Meta) -> Option<News> {
    let rest = meta.key.strip_prefix(Key::SEARCH_NEWS)?;
    let (millis, rest) = rest.split_once('/')?;
    let of: ModuleName = rest.parse().ok()?;
    let at = Timestamp::from_millis(millis.parse().ok()?);
    let now = match meta.metadata.get(NOW) {
        Some(text) => {
            let json = BASE64.decode(text).ok()?;
            Some(serde_json::from_slice::<IndexedModule>(&json).ok()?)
        }
        None => None,
    };
    Some(News { now: now.filter(|it| it.name == of), of, at, key: meta.key.clone() })
}

/// Tells that nobody finds a module any more, before that is so.
///
/// # Errors
/// [`BucketError`] where the bucket fails.
pub(crate) async fn tell_hidden<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
) -> Result<(), BucketError> {
    tell(store, module, None).await
}

/// Tells what a module is now, after it was changed, or its default label moved.
///
/// # Errors
/// [`BucketError`] where the bucket fails.
pub(crate) async fn tell_changed<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
) -> Result<(), BucketError> {
    let now = look_up(store, module).await?;
    tell(store, module, now.as_ref()).await?;
    // It may have been hidden meanwhile, and those news be older than these.
    let is_shown = lookup::find_module(store, module).await?.as_ref().is_some_and(is_shown);
    if now.is_some() && !is_shown { tell_hidden(store, module).await } else { Ok(()) }
}

/// Whether lists that everybody sees show a module.
fn is_shown(module: &Module) -> bool {
    module.is_there() && module.withheld.is_none() && module.visibility == Visibility::Public
}

async fn tell<B: Bucket>(
    store: &Store<B>,
    module: &ModuleName,
    now: Option<&IndexedModule>,
) -> Result<(), BucketError> {
    let key = Key::SearchNews(store.now(), module);
    let unreadable = |error: serde_json::Error| BucketError::Unreadable {
        key: key.path(),
        message: error.to_string(),
    };
    let mut metadata = BTreeMap::new();
    if let Some(now) = now {
        let json = serde_json::to_vec(now).map_err(unreadable)?;
        metadata.insert(NOW.to_owned(), BASE64.encode(json));
    }
    store.put(&key, &(), metadata).await?;
    store.memo.index.forget(&());
    Ok(())
}

/// A module as lists show it now; none where they do not.
pub(super) async fn look_up<B: Bucket>(
    store: &Store<B>,
    name: &ModuleName,
) -> Result<Option<IndexedModule>, BucketError> {
    let module = lookup::find_module(store, name).await?;
    let Some(module) = module.filter(is_shown) else { return Ok(None) };
    let head = tips::recorded(store, name, &module.default_label).await?;
    let head = head.filter(|it| it.archived.is_none());
    Ok(Some(IndexedModule {
        description: shortened(&module.description),
        is_deprecated: module.is_deprecated,
        commit: head.as_ref().map(|head| head.commit.short()),
        updated: head.map_or(module.created, |head| head.updated),
        name: module.name,
    }))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_news_fit_beside_an_object() {
        let module = IndexedModule {
            name: ModuleName::new(&"o".repeat(32), &"m".repeat(88)).unwrap(),
            description: shortened(&"\u{10ffff}".repeat(350)),
            is_deprecated: true,
            commit: Some("0123456789ab".parse().unwrap()),
            updated: Timestamp::from_millis(9_999_999_999_999),
        };
        let text = BASE64.encode(serde_json::to_vec(&module).unwrap());
        // `PutOptions::metadata`.
        assert!(NOW.len() + text.len() <= 2048, "{}", text.len());
    }

    #[test]
    fn descriptions_are_shortened_between_characters() {
        assert_eq!(shortened("short"), "short");
        let long = shortened(&"ä ".repeat(100));
        assert_eq!(long.chars().count(), 160, "{long}");
        assert!(long.ends_with("ä…"), "{long}");
    }
}
