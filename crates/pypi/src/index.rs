use maud::{DOCTYPE, Markup, html};
use serde_json::{Map, Value, json};

/// The version of the index's API that its answers speak (PEP 629, PEP 700).
const API_VERSION: &str = "1.1";

/// The media type of answers in JSON (PEP 691).
const JSON: &str = "application/vnd.pypi.simple.v1+json";

/// That of answers in HTML which every client reads (PEP 503).
const HTML: &str = "text/html; charset=utf-8";

/// A file of a project as its page lists it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IndexFile {
    /// Its name.
    pub name: String,
    /// The version that it is of.
    pub version: String,
    /// SHA-256; `None` for one that has no bytes yet.
    pub sha256: Option<[u8; 32]>,
    /// SHA-256 of its metadata, which is beside it (PEP 658).
    pub metadata_sha256: Option<[u8; 32]>,
    /// The versions of Python that will do.
    pub requires_python: Option<String>,
    /// In bytes.
    pub size: Option<u64>,
    /// RFC 3339, UTC (PEP 700).
    pub upload_time: Option<String>,
    /// Why it should not be installed any more (PEP 592).
    pub yanked: Option<String>,
}

/// The page of a project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Index {
    /// The project's normalized name.
    pub name: String,
    /// Its files, in the order of their versions.
    pub files: Vec<IndexFile>,
}

/// The list of all projects.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Projects {
    /// Their normalized names.
    pub names: Vec<String>,
}

impl Index {
    /// The page and its media type: JSON for who accepts that (PEP 691), else HTML. Files are named as they are addressed from
    /// the page.
    pub fn answer(&self, accept: Option<&str>) -> (String, &'static str) {
        if accepts_json(accept) { (self.json(), JSON) } else { (self.html(), HTML) }
    }

    fn json(&self) -> String {
        let mut versions: Vec<&str> = self.files.iter().map(|file| file.version.as_str()).collect();
        versions.dedup();
        json!({
            "meta": { "api-version": API_VERSION },
            "name": self.name,
            "versions": versions,
            "files": self.files.iter().map(IndexFile::json).collect::<Vec<_>>(),
        })
        .to_string()
    }

    fn html(&self) -> String {
        document(&format!("Links for {}", self.name), self.files.iter().map(IndexFile::html))
    }
}

impl Projects {
    /// The list and its media type.
    pub fn answer(&self, accept: Option<&str>) -> (String, &'static str) {
        if accepts_json(accept) { (self.json(), JSON) } else { (self.html(), HTML) }
    }

    fn json(&self) -> String {
        let projects: Vec<Value> = self.names.iter().map(|name| json!({ "name": name })).collect();
        json!({ "meta": { "api-version": API_VERSION }, "projects": projects }).to_string()
    }

    fn html(&self) -> String {
        let link = |name: &String| html! { a href={ (name) "/" } { (name) } };
        document("Simple index", self.names.iter().map(link))
    }
}

impl IndexFile {
    fn json(&self) -> Value {
        let hashes = |sha256: &[u8; 32]| json!({ "sha256": hex::encode(sha256) });
        let mut file = Map::new();
        file.insert("filename".into(), self.name.as_str().into());
        file.insert("url".into(), href(&self.name).into());
        file.insert("hashes".into(), self.sha256.as_ref().map_or_else(|| json!({}), hashes));
        if let Some(sha256) = &self.metadata_sha256 {
            file.insert("core-metadata".into(), hashes(sha256));
        }
        if let Some(python) = &self.requires_python {
            file.insert("requires-python".into(), python.as_str().into());
        }
        if let Some(size) = self.size {
            file.insert("size".into(), size.into());
        }
        if let Some(time) = &self.upload_time {
            file.insert("upload-time".into(), time.as_str().into());
        }
        let yanked = self.yanked.as_deref().map_or(Value::Bool(false), Value::from);
        file.insert("yanked".into(), yanked);
        Value::Object(file)
    }

    fn html(&self) -> Markup {
        let hash = |sha256: &[u8; 32]| format!("sha256={}", hex::encode(sha256));
        let metadata = self.metadata_sha256.as_ref().map(hash);
        html! {
            a
                href={ (href(&self.name)) @if let Some(sha256) = &self.sha256 { "#" (hash(sha256)) } }
                data-requires-python=[&self.requires_python]
                data-core-metadata=[&metadata]
                // What clients before PEP 714 look for.
                data-dist-info-metadata=[&metadata]
                data-yanked=[&self.yanked]
                { (self.name) }
        }
    }
}

/// A file's name as a relative address: some servers on the way take `+` for a blank.
fn href(name: &str) -> String {
    name.replace('+', "%2B")
}

/// A page of links, one a line.
fn document(title: &str, links: impl Iterator<Item = Markup>) -> String {
    let page = html! {
        (DOCTYPE)
        html {
            head {
                meta name="pypi:repository-version" content=(API_VERSION);
                title { (title) }
            }
            body {
                h1 { (title) }
                @for link in links { "\n" (link) br; }
            }
        }
    };
    page.into_string()
}

/// Whether who says this in `Accept` likes JSON no less than HTML.
fn accepts_json(accept: Option<&str>) -> bool {
    let best = |wanted: [&str; 2]| {
        let quality = |media: &str| {
            let (name, parameters) = media.split_once(';').unwrap_or((media, ""));
            let is_wanted = wanted.iter().any(|it| name.trim().eq_ignore_ascii_case(it));
            let q = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
            is_wanted.then(|| q.map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0)))
        };
        accept.unwrap_or_default().split(',').filter_map(quality).fold(0.0, f32::max)
    };
    let json = best([JSON, "application/vnd.pypi.simple.latest+json"]);
    let html = best(["text/html", "application/vnd.pypi.simple.v1+html"]);
    json > 0.0 && json >= html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let file = IndexFile {
            name: "a_b-1.0+c-py3-none-any.whl".into(),
            version: "1.0+c".into(),
            sha256: Some([1; 32]),
            metadata_sha256: Some([2; 32]),
            requires_python: Some(">=3.10".into()),
            size: Some(7),
            upload_time: Some("2026-01-02T03:04:05Z".into()),
            yanked: None,
        };
        let bare = IndexFile {
            version: "2.0+c".into(),
            name: "a_b-2.0+c-py3-none-any.whl".into(),
            sha256: None,
            metadata_sha256: None,
            requires_python: None,
            size: None,
            upload_time: None,
            yanked: Some("<gone>".into()),
        };
        Index { name: "a-b".into(), files: vec![file, bare] }
    }

    #[test]
    fn who_accepts_json_gets_it() {
        let pip = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01";
        for (accept, is_json) in [
            (Some(pip), true),
            (Some("application/vnd.pypi.simple.latest+json"), true),
            (Some("application/vnd.pypi.simple.v1+json;q=0"), false),
            (Some("text/html, application/vnd.pypi.simple.v1+json;q=0.5"), false),
            (Some("*/*"), false),
            (Some("text/html"), false),
            (None, false),
        ] {
            let (_, media_type) = index().answer(accept);
            assert_eq!(media_type == JSON, is_json, "{accept:?}");
        }
    }

    #[test]
    fn json_has_all_that_is_known() {
        let (text, _) = index().answer(Some(JSON));
        let page: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(page["versions"], json!(["1.0+c", "2.0+c"]));
        let first = json!({
            "filename": "a_b-1.0+c-py3-none-any.whl",
            "url": "a_b-1.0%2Bc-py3-none-any.whl",
            "hashes": { "sha256": "01".repeat(32) },
            "core-metadata": { "sha256": "02".repeat(32) },
            "requires-python": ">=3.10",
            "size": 7,
            "upload-time": "2026-01-02T03:04:05Z",
            "yanked": false,
        });
        assert_eq!(page["files"][0], first);
        let second = &page["files"][1];
        assert_eq!((&second["hashes"], &second["yanked"]), (&json!({}), &json!("<gone>")));
    }

    #[test]
    fn html_says_the_same() {
        let (text, _) = index().answer(None);
        let hash = "01".repeat(32);
        assert!(text.contains(&format!("href=\"a_b-1.0%2Bc-py3-none-any.whl#sha256={hash}\"")));
        assert!(
            text.contains("data-requires-python=\"&gt;=3.10\"")
                && text.contains("data-yanked=\"&lt;gone&gt;\"")
        );
        let (list, _) = Projects { names: vec!["a-b".into()] }.answer(None);
        assert!(list.contains("<a href=\"a-b/\">a-b</a>"), "{list}");
    }
}
