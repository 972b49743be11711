//! Names of owners that are reserved for those whom everybody knows by them.

use crate::{Error, User};
use protoedge_sdk::OwnerName;

/// One name a line; the file says what for.
const NAMES: &str = include_str!("reserved_owners.txt");

/// The names of the file.
fn names() -> impl Iterator<Item = &'static str> {
    NAMES.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A name as it looks at a glance: names that look alike give the same text.
pub(crate) fn looks(name: &str) -> String {
    let seen = |c: char| match c {
        '0' => 'o',
        '1' | 'i' => 'l',
        c => c,
    };
    name.chars().filter(|c| *c != '-').map(seen).collect()
}

/// Names that are nobody's: whoever has the administrators' token, and what paths of the registry begin with.
const OWN: [&str; 2] = ["admin", "oauth2"];

/// Makes sure that a name is not the registry's own.
///
/// # Errors
/// [`Error::OwnName`] where it is.
pub(crate) fn check_own(name: &OwnerName) -> Result<(), Error> {
    match OWN.contains(&name.as_str()) {
        true => Err(Error::OwnName { name: name.clone() }),
        false => Ok(()),
    }
}

/// Whether a user may make an owner of this name. Users are made by the administrator's tokens alone; this
/// is for what people make.
///
/// # Errors
/// [`Error::OwnName`] for a name of the registry's own, [`Error::ReservedOwner`] where the name is, or looks like, one
/// that everybody knows.
pub(crate) fn check(user: &User, name: &OwnerName) -> Result<(), Error> {
    check_own(name)?;
    let looks_like = looks(name.as_str());
    if !user.is_admin && OWN.iter().any(|own| looks(own) == looks_like) {
        return Err(Error::OwnName { name: name.clone() });
    }
    match names().find(|known| looks(known) == looks_like) {
        Some(known) if !user.is_admin => Err(Error::ReservedOwner { name: name.clone(), known }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn user(is_admin: bool) -> User {
        User { is_admin, ..User::unlimited("alice".parse().unwrap()) }
    }

    #[test]
    fn names_that_everybody_knows_are_reserved() {
        for (name, known) in [
            ("googleapis", Some("googleapis")),
            ("google-apis", Some("googleapis")),
            ("g00gleap1s", Some("googleapis")),
            ("googleapls", Some("googleapis")),
            ("bufbuild", Some("bufbuild")),
            ("buf-build", Some("bufbuild")),
            ("grpcecosystem", Some("grpc-ecosystem")),
            ("etcd--io", Some("etcd-io")),
            ("administrat0r", Some("administrator")),
            ("acme", None),
            ("example", None),
            ("my-googleapis", None),
            ("grpc-fans", None),
            ("bufa", None),
        ] {
            let name: OwnerName = name.parse().unwrap();
            let refused = known.map(|known| Error::ReservedOwner { name: name.clone(), known });
            assert_eq!(check(&user(false), &name).err(), refused, "{name}");
            assert_eq!(check(&user(true), &name), Ok(()), "{name}");
        }
    }

    #[test]
    fn the_registrys_own_names_are_nobodys() {
        for name in OWN {
            let name: OwnerName = name.parse().unwrap();
            assert_eq!(check(&user(true), &name), Err(Error::OwnName { name: name.clone() }));
        }
        // Other first elements of our paths are no names at all.
        for path in ["gen", "-", "buf.registry.module.v1.ModuleService"] {
            assert!(path.parse::<OwnerName>().is_err(), "{path}");
        }
    }

    #[test]
    fn the_file_holds_names_that_somebody_could_take() {
        let mut seen = BTreeSet::new();
        for name in names() {
            assert!(name.parse::<OwnerName>().is_ok(), "{name:?} is no owner's name");
            assert!(seen.insert(name), "{name} stands there twice");
        }
        assert!(seen.len() > 50, "only {} names", seen.len());
    }
}
