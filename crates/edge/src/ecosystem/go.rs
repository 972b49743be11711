use crate::{
    app::{Answer, App, reading},
    artifact::has_etag,
    hold::rejected,
    http::{Reply, Request},
    platform::Platform,
    problem::{Kind, Problem},
    reply::{Cache, Source},
    resolve::{Found, no_version},
};
use protoedge_gomod::ProxyRequest;
use protoedge_registry::{Commit, Making};
use protoedge_sdk::{Ecosystem, Go, Package, Rules, Sdk, SdkVersion};
use protoedge_storage::Timestamp;
use semver::Version;
use serde_json::json;
use sha2::{Digest, Sha256};

impl<P: Platform> App<P> {
    /// Answers a GOPROXY request. The path is understood before credentials are looked at: a stale
    /// password must not turn a foreign path into 401.
    pub(crate) async fn go(&self, go: ProxyRequest, request: &Request<P::Body>) -> Answer<P> {
        reading(request)?;
        let package = Go
            .parse_package(go.module(), &self.config.hosts)
            .ok_or_else(|| Problem::foreign(&request.path))?;
        self.hop(request)?;
        match go {
            ProxyRequest::List { .. } => self.go_list(package, request).await,
            ProxyRequest::Latest { .. } => self.go_latest(package, request).await,
            ProxyRequest::Info { query, .. } => self.go_info(package, &query, request).await,
            ProxyRequest::Mod { version, .. } => self.go_mod(package, &version, request).await,
            ProxyRequest::Zip { version, .. } => {
                let version = Go.parse_version(&version).map_err(no_version)?;
                self.artifact(package, version, &Go.files()[0], request).await
            }
        }
    }

    /// What exists, and `latest`: never a rejected version, none above `latest`, none without time.
    async fn go_list(&self, package: Package, request: &Request<P::Body>) -> Answer<P> {
        let found = self.find(package, request).await?;
        let listing = self.store.listing(&found.package).await?;
        let default = &found.module.default_label;
        let head = listing.labels.iter().find(|head| head.label == *default);
        let Some(head) = head else {
            return Ok(text(request, String::new(), Cache::Revalidated, "text/plain"));
        };
        let latest = found.newest_at(head)?;
        let exists = listing.versions.iter().map(|it| &it.version);
        let mut versions: Vec<String> = exists
            .filter(|version| **version < latest && !version.stamp.is_zero())
            .map(|version| Go.version_text(version))
            .collect();
        let is_made = listing.get(&latest).is_some();
        if !latest.stamp.is_zero() && (is_made || !self.is_rejected(&found, &latest).await?) {
            versions.push(Go.version_text(&latest));
        }
        if listing.is_unfolded() {
            let (store, package) = (self.store.clone(), found.package.clone());
            self.in_background(async move { store.fold(&package, &listing).await });
        }
        let lines = versions.iter().map(|version| format!("{version}\n")).collect();
        Ok(text(request, lines, Cache::Revalidated, "text/plain"))
    }

    async fn is_rejected(&self, found: &Found, version: &SdkVersion) -> Result<bool, Problem> {
        Ok(self.rejection(found, version).await?.is_some())
    }

    async fn rejection(
        &self,
        found: &Found,
        version: &SdkVersion,
    ) -> Result<Option<Problem>, Problem> {
        let sdk = Sdk {
            ecosystem: Ecosystem::Go,
            module: found.package.module.clone(),
            plugin: found.package.plugin.clone(),
            version: version.clone(),
        };
        Ok(match self.store.making(&sdk).await? {
            Some(Making::Rejected { words, generator, .. })
                if generator == found.published.generator =>
            {
                Some(rejected(&sdk, &words))
            }
            Some(_) | None => None,
        })
    }

    async fn go_latest(&self, package: Package, request: &Request<P::Body>) -> Answer<P> {
        let found = self.find(package, request).await?;
        let commit = self.store.resolve(&found.module, "").await?;
        let sdk = Sdk::new(found.newest()?, &commit.locked());
        if let Some(problem) = self.rejection(&found, &sdk.version).await? {
            return Err(problem);
        }
        Ok(info(request, &sdk, &commit, Cache::Revalidated))
    }

    /// A version, a commit (32 or 12 digits) or a label, tried in this order.
    async fn go_info(
        &self,
        package: Package,
        query: &str,
        request: &Request<P::Body>,
    ) -> Answer<P> {
        let mut found = self.find(package, request).await?;
        if let Ok(version) = Go.parse_version(query) {
            let (sdk, commit) = self.sdk_at(&mut found, &version).await?;
            return Ok(info(request, &sdk, &commit, Cache::Immutable));
        }
        let commit = self.store.resolve(&found.module, query).await?;
        if is_version(query) {
            let message = format!(
                "{query} is a label of {} here, but go takes it for a version, of which there is none: ask for the label's \
                 commit, @{}",
                found.package.module,
                commit.id.short()
            );
            return Err(Problem::new(Kind::Absent, message));
        }
        let sdk = Sdk::new(found.newest()?, &commit.locked());
        Ok(info(request, &sdk, &commit, Cache::Revalidated))
    }

    async fn go_mod(
        &self,
        package: Package,
        version: &str,
        request: &Request<P::Body>,
    ) -> Answer<P> {
        let mut found = self.find(package, request).await?;
        let version = Go.parse_version(version).map_err(no_version)?;
        let (sdk, commit) = self.sdk_at(&mut found, &version).await?;
        let catalogue = &found.published.catalogue;
        let entry = catalogue.of(&sdk).ok_or_else(|| Problem::foreign(&request.path))?;
        let manifest = Sdk::manifest(entry, &commit.closure(), catalogue, &self.config.hosts)
            .map_err(|error| Problem::new(Kind::Trouble, error.to_string()))?;
        Ok(text(request, manifest, Cache::Immutable, "text/plain; charset=utf-8"))
    }

    /// `?go-get=1`: where the module of an import path is.
    pub(crate) fn go_get(&self, path: &str, request: &Request<P::Body>) -> Answer<P> {
        reading(request)?;
        let hosts = &self.config.hosts;
        // An import path goes on behind the module's path, and the module's may end in `/vN`.
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let package = [5, 4].into_iter().find_map(|length| {
            let module =
                format!("{}/gen/go/{}", hosts.registry_host, parts.get(..length)?.join("/"));
            Go.parse_package(&module, hosts)
        });
        let package = package.ok_or_else(|| Problem::foreign(&request.path))?;
        let (name, url) = (package.name(hosts), &self.config.public_url);
        let html = format!(
            "<!DOCTYPE html>\n<meta name=\"go-import\" content=\"{name} mod {url}/gen/go\">\n"
        );
        Ok(text(request, html, Cache::Revalidated, "text/html; charset=utf-8"))
    }
}

/// Whether go takes what it asks for to be a version: the answer has to be of that very version
/// (`golang.org/x/mod/semver`, `IsValid`). It asks for none of the forms `v1` and `v1.2`, but looks into the list.
fn is_version(query: &str) -> bool {
    query.strip_prefix('v').is_some_and(|version| Version::parse(version).is_ok())
}

fn info<D>(request: &Request<impl Sized>, sdk: &Sdk, commit: &Commit, cache: Cache) -> Reply<D> {
    let seconds = commit.stamp.seconds().unwrap_or_else(|| commit.created.seconds());
    let time = Timestamp::from_millis(seconds * 1000).rfc3339();
    let json = json!({ "Version": sdk.version_text(), "Time": time });
    text(request, json.to_string(), cache, "application/json")
}

/// A computed text with an ETag: its hash.
pub(crate) fn text<D>(
    request: &Request<impl Sized>,
    body: String,
    cache: Cache,
    media_type: &str,
) -> Reply<D> {
    let etag = format!("\"{}\"", &hex::encode(Sha256::digest(&body))[..32]);
    let reply = if has_etag(request, &etag) {
        Reply::empty(304)
    } else if request.method == "HEAD" {
        let length = body.len().to_string();
        Reply::empty(200).with("content-type", media_type).with("content-length", length)
    } else {
        Reply::bytes(200, media_type, body)
    };
    reply.with("etag", etag).cached(cache, Source::Computed)
}

impl<P: Platform> App<P> {
    /// Does something after the reply is out; what goes wrong is logged.
    pub(crate) fn in_background<F>(&self, task: F)
    where
        F: Future<Output = Result<(), protoedge_storage::BucketError>> + 'static,
    {
        let platform = self.platform.clone();
        self.platform.spawn(Box::pin(async move {
            if let Err(error) = task.await {
                let error = error.to_string();
                platform.log(&json!({ "event": "background", "error": error }));
            }
        }));
    }
}
