//! Patterns of paths, as tables of endpoints and pages have them: `users/{user}/tokens`.

use protoedge_sdk::OwnerName;

/// What stands in the places of a pattern. `None` for a path that is not of it.
pub(crate) fn places<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut pattern, mut path, mut places) = (pattern.split('/'), path.split('/'), Vec::new());
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(places),
            (Some(place), Some(text)) if place.starts_with('{') => places.push(text),
            (Some(word), Some(text)) if word == text => {}
            _ => return None,
        }
    }
}

/// The owner in a place.
pub(crate) fn owner(places: &[&str], place: usize) -> Option<OwnerName> {
    places.get(place)?.parse().ok()
}
