//! How much one person may make, and how much one owner or one module may have.

use crate::{Error, Store, User, key::Key, series::Series};
use protoedge_storage::{Bucket, BucketError};
use serde::{Deserialize, Serialize};

/// What has a number.
#[derive(Serialize, Deserialize)]
struct Numbered {
    name: String,
}

/// Takes a number for something new that a user is about to make: one listing of one object and one
/// create-only put. Administrators need none, and what they make is not counted.
///
/// The bound is exact: of those who make something at once, each takes another number. A making that
/// fails behind this has used its number up.
///
/// # Errors
/// [`Error::Full`] where all numbers are taken.
pub(crate) async fn admit<B: Bucket>(
    store: &Store<B>,
    user: &User,
    series: Series<'_>,
    name: &str,
) -> Result<(), Error> {
    if user.is_admin {
        return Ok(());
    }
    let numbered = Numbered { name: name.into() };
    let newest = newest_number(store, &series.prefix()).await?.unwrap_or(0);
    for number in newest + 1..=series.most() {
        if store.create(&Key::Numbered(series, number), &numbered).await? {
            return Ok(());
        }
    }
    Err(full(&series))
}

/// The greatest number of the objects below a prefix that are numbered as [`Key::Numbered`] is.
pub(crate) async fn newest_number<B: Bucket>(
    store: &Store<B>,
    prefix: &str,
) -> Result<Option<u32>, BucketError> {
    let page = store.bucket.list(prefix, None, 1).await?;
    Ok(page.objects.first().and_then(|meta| Key::number(&meta.key, prefix)))
}

fn full(series: &Series<'_>) -> Error {
    let most = series.most();
    let (whose, what) = match series {
        Series::Organizations(user) => (user.to_string(), "organizations"),
        Series::Robots(owner) => (owner.to_string(), "robots, deleted ones among them"),
        Series::Modules(owner) => (owner.to_string(), "modules"),
        Series::Labels(module) => (format!("module {module}"), "labels"),
    };
    Error::Full { whose, what, most }
}
