use crate::{
    auth,
    config::Config,
    context::Context,
    ecosystem::clients::clients,
    http::Request,
    platform::Platform,
    reply::{
        Cache, Lifetime,
        problem::{Kind, Problem},
    },
    upstreams::demand::{Wanted, fetch_wanted},
};
use protoedge_registry::{
    Commit, Credentials, Error, Grant, LabelHead, Listing, PublishedCatalogue, accounts, catalogue,
    modules, packages,
};
use protoedge_sdk::{
    BadVersion, Catalogue, Entry, Hosts, Package, PluginVersion, Rules, Sdk, SdkVersion,
    ShortCommit,
};
use protoedge_storage::Timestamp;
use std::{rc::Rc, time::Duration};

/// A use is noted once a day by each machine.
const NOTED: Duration = Duration::from_secs(24 * 60 * 60);

/// More than a machine serves in a day, less than its memory minds.
const MOST_NOTED: usize = 10_000;

/// A package as a client names it.
#[derive(Clone, Debug)]
pub(crate) struct NamedPackage {
    pub(crate) package: Package,
    /// The names of the registry whose name for it the client used: this one's, or another one's.
    pub(crate) hosts: Hosts,
}

impl NamedPackage {
    /// Reads a name: one of this registry's, or of those whose modules may be had here.
    pub(crate) fn read<P: Platform>(
        context: &Context<P>,
        rules: &dyn Rules,
        name: &str,
    ) -> Option<Self> {
        let Config { hosts, upstreams, .. } = &*context.config;
        let (package, hosts) = upstreams.parse_package(rules, name, hosts)?;
        Some(Self { package, hosts: hosts.clone() })
    }

    /// A package whose name says nothing of a registry: it is of the one that its owner's modules are fetched from, if they are.
    pub(crate) fn of<P: Platform>(context: &Context<P>, package: Package) -> Self {
        let owner = package.module.owner();
        let upstream = context.config.upstreams.iter().find(|it| it.owners.names(owner));
        let hosts = upstream.map_or(&context.config.hosts, |it| &it.hosts).clone();
        Self { package, hosts }
    }

    /// The name in its ecosystem.
    pub(crate) fn name(&self) -> String {
        self.package.name(&self.hosts)
    }

    /// Whether the name is the one that the registry with these names gives the package. Names of some ecosystems say nothing of a
    /// registry.
    fn is_of(&self, hosts: &Hosts) -> bool {
        self.hosts == *hosts || self.name() == self.package.name(hosts)
    }
}

/// A package that exists and that the caller may see.
pub(crate) struct Found {
    pub(crate) package: Package,
    /// Whose names it has.
    pub(crate) hosts: Hosts,
    pub(crate) module: Grant,
    pub(crate) published: Rc<PublishedCatalogue>,
}

/// Looks a package up: its module must be there and visible, its plugin in the catalogue.
pub(crate) async fn find<P: Platform>(
    context: &Context<P>,
    named: NamedPackage,
    request: &Request<P::Body>,
) -> Result<Found, Problem> {
    let module = see(context, &named, request).await?;
    found_in(context, named, module).await
}

/// The module of a package, for a caller who may see it. A package has one name: under those of other registries there are their
/// modules', which have no other ones.
pub(crate) async fn see<P: Platform>(
    context: &Context<P>,
    named: &NamedPackage,
    request: &Request<P::Body>,
) -> Result<Grant, Problem> {
    let credentials = auth::credentials(context, request)?;
    let NamedPackage { package, hosts } = named;
    let see = || accounts::see(&context.store, &credentials, &package.module);
    let mut seen = see().await;
    if let Err(Error::NoModule { .. }) = &seen
        && *hosts != context.config.hosts
    {
        let wanted = Wanted::Reference("");
        let fetched = fetch_wanted(context, &credentials, &package.module, wanted).await;
        // Nobody knows whether there is such a package.
        fetched.map_err(|problem| Problem { kind: Kind::Trouble, ..problem })?;
        seen = see().await;
    }
    let module = match seen {
        Err(error @ (Error::NoModule { .. } | Error::SignIn { .. })) => {
            return Err(missing(package, &credentials, error));
        }
        other => other?,
    };
    let own = module.upstream.as_ref().unwrap_or(&context.config.hosts);
    let is_former = module.moved_in.as_ref().is_some_and(|it| named.is_of(&it.from));
    if !named.is_of(own) && !is_former {
        let message = format!("{} has another name here: {}", named.name(), package.name(own));
        return Err(Problem::new(Kind::Absent, message));
    }
    if *hosts != context.config.hosts && package.is_elsewhere() {
        let message = format!("{} has no packages, as there: its code is elsewhere", named.name());
        return Err(Problem::new(Kind::Absent, message));
    }
    Ok(module)
}

/// Whether this machine remembers a catalogue without the plugin of a package. One that remembers none says no.
pub(crate) fn is_known_to_lack<P: Platform>(context: &Context<P>, package: &Package) -> bool {
    let known = catalogue::remembered(&context.store);
    known.is_some_and(|it| newest(&it.catalogue, package).is_none())
}

/// Looks the plugin of a package up, whose module the caller may see.
pub(crate) async fn found_in<P: Platform>(
    context: &Context<P>,
    named: NamedPackage,
    module: Grant,
) -> Result<Found, Problem> {
    let NamedPackage { package, hosts } = named;
    let has = |catalogue: &Catalogue| newest(catalogue, &package).is_some();
    let published = catalogue::catalogue_with(&context.store, has).await?;
    let found = Found { package, hosts, module, published };
    found.newest()?;
    Ok(found)
}

/// Looks again who may see what was waited for: meanwhile its module may have been made private, or the caller may have lost
/// the right.
pub(crate) async fn look_again<P: Platform>(
    context: &Context<P>,
    found: &mut Found,
    request: &Request<P::Body>,
) -> Result<(), Problem> {
    *found = find(context, found.named(), request).await?;
    Ok(())
}

/// What a caller hears of a module that is missing or not for this caller.
fn missing(package: &Package, credentials: &Credentials, error: Error) -> Problem {
    if *credentials == Credentials::None && clients(package.ecosystem).wait_for_challenge {
        return Problem::new(Kind::Anonymous, format!("{error}, or it needs a token"));
    }
    error.into()
}

/// The SDK that a version names, if that commit and that plugin revision exist.
pub(crate) async fn sdk_at<P: Platform>(
    context: &Context<P>,
    found: &mut Found,
    version: &SdkVersion,
) -> Result<(Sdk, Commit), Problem> {
    if !found.package.holds(version.plugin.major()) {
        return Err(found.no_version(version));
    }
    let plugin = found.package.plugin.clone();
    let has = |it: &Catalogue| it.get(&plugin, &version.plugin, version.revision).is_some();
    found.published = catalogue::catalogue_with(&context.store, has).await?;
    let (found, missing) = (&*found, || found.no_version(version));
    let catalogue = &found.published.catalogue;
    let entry = catalogue.get(&plugin, &version.plugin, version.revision);
    let entry = entry.ok_or_else(missing)?;
    let commit = modules::find_commit(&context.store, &found.module, &version.commit).await?;
    let commit = commit.filter(|it| Sdk::new(entry, &it.locked()).version == *version);
    let commit = commit.ok_or_else(missing)?;
    check_name(context, &found.module, &found.named(), &commit.id.short()).await?;
    modules::check_deps(&context.store, &found.module, &commit).await?;
    Ok((Sdk::new(entry, &commit.locked()), commit))
}

/// The manifest of the SDK that a version names, made or not.
pub(crate) async fn manifest_at<P: Platform>(
    context: &Context<P>,
    found: &mut Found,
    version: &SdkVersion,
) -> Result<String, Problem> {
    let (sdk, commit) = sdk_at(context, found, version).await?;
    let catalogue = &found.published.catalogue;
    let entry = catalogue.of(&sdk).ok_or_else(|| found.no_version(version))?;
    Sdk::manifest(entry, &commit.closure(), catalogue, &context.config.hosts)
        .map_err(|error| Problem::new(Kind::Trouble, error.to_string()))
}

/// Makes sure that SDKs of a commit have the name that was asked for: of a module that moved in, those of the commits that it had before
/// have the former one.
pub(crate) async fn check_name<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    named: &NamedPackage,
    commit: &ShortCommit,
) -> Result<(), Problem> {
    let hosts = modules::hosts_of(&context.store, module, commit).await?;
    if named.is_of(&hosts) {
        return Ok(());
    }
    let (asked, name) = (named.name(), named.package.name(&hosts));
    let message = format!("commit {commit} has no version of {asked}: its package is {name}");
    Err(Problem::new(Kind::Absent, message))
}

/// What is known of a package under the name that was asked for.
pub(crate) async fn listing<P: Platform>(
    context: &Context<P>,
    found: &Found,
) -> Result<Listing, Problem> {
    let Found { package, hosts, module, .. } = found;
    Ok(packages::listing_named(&context.store, module, package, hosts).await?)
}

/// Remembers that a package is in use, after the reply is out.
pub(crate) fn note_use<P: Platform>(context: &Context<P>, sdk: &Sdk) {
    let now = context.store.now();
    let is_noted = |at: &Timestamp| now.since(*at) < NOTED;
    if context.usage.0.borrow().get(sdk).is_some_and(is_noted) {
        return;
    }
    let mut noted = context.usage.0.borrow_mut();
    if noted.len() >= MOST_NOTED {
        noted.clear();
    }
    noted.insert(sdk.clone(), now);
    drop(noted);
    let (store, platform, sdk) = (context.store.clone(), context.platform.clone(), sdk.clone());
    context.platform.spawn(Box::pin(async move {
        if let Err(error) = packages::note_usage(&store, &sdk).await {
            let error = error.to_string();
            platform.log(&serde_json::json!({ "event": "note use", "error": error }));
        }
    }));
}

/// Moves what was published lately into the package's index, after the reply is out.
pub(crate) fn compact_pending<P: Platform>(context: &Context<P>, found: &Found, listing: &Listing) {
    if !listing.has_pending() {
        return;
    }
    let (store, package, listing) = (context.store.clone(), found.package.clone(), listing.clone());
    context.in_background(async move { packages::compact(&store, &package, &listing).await });
}

/// A text that is no version of ours is a version that does not exist.
pub(crate) fn no_version(error: BadVersion) -> Problem {
    Problem::new(Kind::Absent, error.to_string())
}

/// A version that a package does not have.
pub(crate) fn lacks(package: &Package, version: &SdkVersion) -> Problem {
    let version = package.ecosystem.rules().version_text(version);
    Problem::new(Kind::Absent, format!("{} has no version {version}", label(package)))
}

fn label(package: &Package) -> String {
    format!("{} by {}", package.module, package.plugin)
}

/// The newest version and revision of a package's plugin.
fn newest<'a>(catalogue: &'a Catalogue, package: &Package) -> Option<&'a Entry> {
    let holds = |version: &PluginVersion| package.holds(version.major());
    let newest = catalogue.newest(&package.plugin, holds);
    newest.filter(|entry| entry.ecosystem() == package.ecosystem)
}

impl Found {
    /// What was asked for.
    pub(crate) fn named(&self) -> NamedPackage {
        NamedPackage { package: self.package.clone(), hosts: self.hosts.clone() }
    }

    /// Who may keep a reply that says something of the package.
    pub(crate) fn cache(&self, lifetime: Lifetime) -> Cache {
        Cache::of_package(&self.module, &self.package.plugin, lifetime)
    }

    /// The newest version and revision of the plugin in this package.
    pub(crate) fn newest(&self) -> Result<&Entry, Problem> {
        let Package { ecosystem, plugin, .. } = &self.package;
        newest(&self.published.catalogue, &self.package).ok_or_else(|| {
            let message = format!("this registry has no plugin {plugin} for {ecosystem}");
            Problem::new(Kind::Absent, message)
        })
    }

    /// The SDK that the newest plugin makes of a label's head.
    pub(crate) fn newest_at(&self, head: &LabelHead) -> Result<Sdk, Problem> {
        Ok(Sdk::at(self.newest()?, &self.package.module, &head.commit, &head.stamp))
    }

    /// A version that the package does not have.
    pub(crate) fn no_version(&self, version: &SdkVersion) -> Problem {
        lacks(&self.package, version)
    }

    /// `module by plugin`, for texts.
    pub(crate) fn label(&self) -> String {
        label(&self.package)
    }
}
