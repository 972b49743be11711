use crate::web_address::web_address;
use url::{Host, Url};

/// Where the source of a commit is, as far as its address says so: which repository, and which commit there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceControl {
    /// The address of the git repository: the beginning of what the pusher said.
    pub repository: String,
    /// The commit's hash, where the address has the whole of it.
    pub hash: Option<String>,
}

/// Before `commit`, Gitea says by these words what it shows of a commit: they are no repositories.
const VIEWS: [&str; 3] = ["src", "raw", "media"];

/// The digits of hashes: all of SHA-1, or at least as many as git shows of one; all of SHA-256.
const FEWEST: usize = 7;
const SHA1: usize = 40;
const SHA256: usize = 64;

impl SourceControl {
    /// Reads the address of a commit's page. Pages of repositories are alike wherever they are hosted, so that the path decides:
    ///
    /// - `{owner}/{repository}/commit/{hash}` at GitHub, Gitea and Forgejo, with groups before it at GitLab;
    /// - `{group}/…/{repository}/-/commit/{hash}` at GitLab;
    /// - `{owner}/{repository}/commits/{hash}` at Bitbucket.
    ///
    /// `None` for everything else: a repository that is only guessed would send readers, and bots, to somebody else's.
    pub fn read(address: &str) -> Option<Self> {
        let url = web_address(address)?;
        let path: Vec<&str> = url.path_segments()?.collect();
        let (repository, hash) = match path.as_slice() {
            [repository @ .., "-", "commit", hash] => (repository, hash),
            [_, _, view, "commit", _] if VIEWS.contains(view) => return None,
            [repository @ .., "commit", hash] => (repository, hash),
            [repository @ .., "commits", hash] if repository.len() == 2 => (repository, hash),
            _ => return None,
        };
        let is_repository = repository.len() >= 2 && repository.iter().all(|it| is_name(it));
        if !is_repository || !is_hash(hash) || !has_plain_host(&url) {
            return None;
        }
        let origin = url.origin().ascii_serialization();
        let repository = format!("{origin}/{}", repository.join("/"));
        // What the parser reads otherwise than it is written (`..`, `\`, other alphabets) is not what its reader sees.
        let is_plain = address.strip_prefix(&repository).is_some_and(|rest| rest.starts_with('/'));
        let hash = (hash.len() >= SHA1).then(|| (*hash).to_owned());
        is_plain.then_some(Self { repository, hash })
    }
}

/// Whether the host is one that a git server may have: web addresses allow quotation marks, brackets and dollars in it.
fn has_plain_host(url: &Url) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    match url.host() {
        Some(Host::Domain(name)) => name.bytes().all(is_letter),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// Whether a part of a path may be the name of an owner, a group or a repository.
fn is_name(part: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~');
    !matches!(part, "" | "-") && part.bytes().all(is_letter)
}

fn is_hash(text: &str) -> bool {
    let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    matches!(text.len(), FEWEST..=SHA1 | SHA256) && text.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

    fn read(address: &str) -> Option<SourceControl> {
        SourceControl::read(&address.replace("HASH", HASH))
    }

    #[test]
    fn an_address_of_a_commit_names_its_repository() {
        for (address, repository) in [
            ("https://github.com/acme/api/commit/HASH", "https://github.com/acme/api"),
            ("https://github.com/acme/api.git/commit/HASH", "https://github.com/acme/api.git"),
            ("https://github.com/acme/src/commit/HASH", "https://github.com/acme/src"),
            ("https://github.com/acme/commit/commit/HASH", "https://github.com/acme/commit"),
            ("https://github.com/acme/api/commits/HASH", "https://github.com/acme/api"),
            ("https://github.com/acme/api/commit/HASH?w=1#diff-0", "https://github.com/acme/api"),
            ("https://gitlab.com/acme/api/-/commit/HASH", "https://gitlab.com/acme/api"),
            ("https://gitlab.com/a/b/c/api/-/commit/HASH", "https://gitlab.com/a/b/c/api"),
            ("https://gitlab.com/a/b/src/-/commit/HASH", "https://gitlab.com/a/b/src"),
            ("https://gitlab.com/a/b/api/commit/HASH", "https://gitlab.com/a/b/api"),
            ("https://bitbucket.org/acme/api/commits/HASH", "https://bitbucket.org/acme/api"),
            ("https://codeberg.org/Acme/my_api/commit/HASH", "https://codeberg.org/Acme/my_api"),
            ("http://git.internal:3000/acme/api/commit/HASH", "http://git.internal:3000/acme/api"),
            ("https://git.example.com/~ada/api/commit/HASH", "https://git.example.com/~ada/api"),
            ("https://[::1]:8443/acme/api/commit/HASH", "https://[::1]:8443/acme/api"),
        ] {
            let hash = Some(HASH.to_owned());
            let expected = SourceControl { repository: repository.into(), hash };
            assert_eq!(read(address), Some(expected), "{address}");
        }
    }

    #[test]
    fn a_hash_is_whole_or_not_said() {
        let sha256 = "a".repeat(64);
        for (digits, hash) in [
            ("0123456", None),
            ("0123456789ab", None),
            (&HASH[..39], None),
            (HASH, Some(HASH)),
            (&sha256, Some(sha256.as_str())),
        ] {
            let found = read(&format!("https://github.com/acme/api/commit/{digits}"));
            let found = found.unwrap_or_else(|| panic!("{digits}"));
            assert_eq!(found.repository, "https://github.com/acme/api");
            assert_eq!(found.hash.as_deref(), hash, "{digits}");
        }
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        let long = format!("https://github.com/acme/{}/commit/HASH", "a".repeat(220));
        for address in [
            "",
            "HASH",
            "acme/api/commit/HASH",
            "//github.com/acme/api/commit/HASH",
            "https:///acme/api/commit/HASH",
            // Written otherwise than it is read.
            r"https://github.com/acme/api\commit/HASH",
            // Pages of something else.
            "https://github.com",
            "https://github.com/acme/api",
            "https://github.com/acme/api/tree/main",
            "https://github.com/acme/api/pull/5/commits/HASH",
            "https://github.com/acme/commit/HASH",
            "https://github.com/commit/HASH",
            "https://codeberg.org/acme/api/src/commit/HASH",
            "https://codeberg.org/acme/api/src/commit/HASH/a.proto",
            "https://gitlab.com/acme/-/commit/HASH",
            "https://gitlab.com/acme/api/-/commits/HASH",
            "https://gitlab.com/acme/-/api/commit/HASH",
            "https://git.example.com/projects/ACME/repos/api/commits/HASH",
            "https://git.example.com/api.git/commit/?id=HASH",
            "https://github.com/acme/api/commit/",
            "https://github.com/acme/api/commit/HASH/",
            "https://github.com/acme//commit/HASH",
            "https://github.com//api/commit/HASH",
            // No hashes.
            "https://github.com/acme/api/commit/main",
            "https://github.com/acme/api/commit/012345",
            "https://github.com/acme/api/commit/0123456789ABCDEF",
            "https://github.com/acme/api/commit/HASH0",
            "https://github.com/acme/api/commit/HASHHASH",
            // Not the web's.
            "git+https://github.com/acme/api/commit/HASH",
            "git@github.com:acme/api/commit/HASH",
            "ssh://git@github.com/acme/api/commit/HASH",
            "file:///acme/api/commit/HASH",
            "javascript://github.com/acme/api/commit/HASH",
            "data:text/html,/acme/api/commit/HASH",
            // Credentials.
            "https://token@github.com/acme/api/commit/HASH",
            "https://user:password@github.com/acme/api/commit/HASH",
            "https://:password@github.com/acme/api/commit/HASH",
            "https://github.com@evil.example/acme/api/commit/HASH",
            // What a parser reads otherwise than a person.
            "https://github.com\\@evil.example/acme/api/commit/HASH",
            "https://github.com/acme\\api/commit/HASH",
            "https://github.com/acme/../evil/api/commit/HASH",
            "https://github.com/acme/%2e%2e/evil/api/commit/HASH",
            "https://github.com/acme/a%20b/commit/HASH",
            "https://github.com/acme/a%0ab/commit/HASH",
            "https://github.com/acme/a\"b/commit/HASH",
            "https://github.com/acme/a;b/commit/HASH",
            "https://github.com/acme/$(id)/commit/HASH",
            "https://github.com/acme/été/commit/HASH",
            "https://gіthub.com/acme/api/commit/HASH",
            "https://$(id).example/acme/api/commit/HASH",
            "https://a\"b.example/acme/api/commit/HASH",
            "https://a;b.example/acme/api/commit/HASH",
            "https:github.com/acme/api/commit/HASH",
            "https://github.com/acme/api/com\nmit/HASH",
            "https://github.com/acme/api/commit/HASH\n",
            " https://github.com/acme/api/commit/HASH",
            "https://github.com/acme/\u{202e}ipa/commit/HASH",
            "https://github.com/acme/api/commit/HASH#\u{1b}[2J",
            &long,
        ] {
            assert_eq!(read(address), None, "{address:?}");
        }
    }
}
