//! What can be installed of a module, and how far it is.

use super::{
    looked_at::LookedAt,
    plugin_choice::{chosen, languages, packaging, usual, versions},
    shown::Query,
};
use crate::{
    auth::RateLimitKey,
    context::Context,
    delivery::dispatch::{self, Demand},
    http::Request,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_pages::{
    Companion, Contents, InstalledPackage, ListedPlugin, PackedFile, Pin, SdkState, Sdks, ShownPin,
    ShownSdk, Words, compared, first_plugin, is_code, paths,
};
use protoedge_registry::{
    Credentials, Error, GenerationState, PublishedCatalogue, User, catalogue, generation, modules,
    packages::{self, Outcome},
};
use protoedge_sdk::{Catalogue, Entry, Hosts, ModuleName, Package, PluginName, Sdk};
use std::{collections::BTreeMap, rc::Rc, time::Duration};

/// How long a request may be held until there is news: the longest that pages ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How long a request that is held pauses between two looks.
const PAUSE: Duration = Duration::from_millis(700);

/// What came of the SDKs of a commit.
pub(super) type Outcomes = BTreeMap<Sdk, Outcome>;

/// What a page about SDKs is made of.
pub(super) struct Choice {
    pub(super) at: LookedAt,
    published: Rc<PublishedCatalogue>,
    entry: Option<Entry>,
    hosts: Hosts,
    /// This registry's own names.
    own: Hosts,
}

impl Choice {
    /// Finds what is chosen: a plugin at its newest version, or at the one that the query names; the first plugin of the first
    /// language where none is.
    pub(super) async fn find<P: Platform>(
        context: &Context<P>,
        request: &Request<P::Body>,
        module: &ModuleName,
        reference: &str,
        plugin: Option<&PluginName>,
        query: &Query,
    ) -> Result<Self, Problem> {
        let at = LookedAt::find(context, request, module, Some(reference)).await?;
        let has =
            |it: &Catalogue| plugin.is_none_or(|plugin| it.newest(plugin, |_| true).is_some());
        let published = catalogue::catalogue_with(&context.store, has).await?;
        let entry = match plugin {
            Some(plugin) => {
                let entry = chosen(&published.catalogue, plugin, query)?;
                Some(published.catalogue.packaged(entry).clone())
            }
            None => usual(&published.catalogue).cloned(),
        };
        let commit = at.commit.id.short();
        let hosts = modules::hosts_of(&context.store, &at.module, &commit).await?;
        Ok(Self { at, published, entry, hosts, own: context.config.hosts.clone() })
    }

    fn sdk(&self, entry: &Entry) -> Sdk {
        Sdk::new(entry, &self.at.commit.locked())
    }

    fn is_newest(&self, entry: &Entry) -> bool {
        let newest = self.published.catalogue.newest(&entry.name, |_| true);
        newest.is_some_and(|it| it.plugin_version == entry.plugin_version)
    }

    /// The page.
    pub(super) async fn page<P: Platform>(
        &self,
        context: &Context<P>,
        query: &Query,
    ) -> Result<Sdks, Problem> {
        let outcomes = self.outcomes(context, query).await?;
        let sdk = match &self.entry {
            Some(entry) => Some(self.shown(context, entry, &outcomes, query).await?),
            None => None,
        };
        let catalogue = &self.published.catalogue;
        let ecosystem = self.entry.as_ref().map(Entry::ecosystem);
        let listed = ecosystem.map(|it| packaging(catalogue, it)).unwrap_or_default();
        let mut plugins: Vec<ListedPlugin> = listed
            .into_iter()
            .map(|entry| ListedPlugin {
                name: entry.name.to_string(),
                description: entry.description.clone().unwrap_or_default(),
                state: self.listed_state(entry, sdk.as_ref(), &outcomes),
                is_chosen: self.entry.as_ref().is_some_and(|it| it.name == entry.name),
                is_deprecated: entry.deprecated,
            })
            .collect();
        let first = ecosystem.map(first_plugin);
        plugins.sort_by_key(|it| (it.is_deprecated, Some(it.name.as_str()) != first));
        let versions = self.entry.as_ref().map(|entry| versions(catalogue, &entry.name));
        Ok(Sdks {
            module: self.at.head(),
            commit: self.at.shown_commit(),
            languages: languages(catalogue, ecosystem),
            plugins,
            labels: self.at.labels.iter().map(|head| head.label.to_string()).collect(),
            plugin_versions: versions.unwrap_or_default(),
            sdk,
        })
    }

    /// What came of the SDKs of the commit; a request that may wait is held until there is news of the chosen one, where it is under
    /// way.
    async fn outcomes<P: Platform>(
        &self,
        context: &Context<P>,
        query: &Query,
    ) -> Result<Outcomes, Problem> {
        let (store, module) = (&context.store, &self.at.module);
        let commit = self.at.commit.id.short();
        let outcomes = packages::outcomes(store, module, &commit).await?;
        let wait = query.get("wait").and_then(|text| text.parse().ok()).map(Duration::from_secs);
        let until = store.now() + wait.unwrap_or_default().min(LONGEST_WAIT);
        let sdk = self.entry.as_ref().map(|entry| self.sdk(entry));
        let Some(sdk) = sdk.filter(|sdk| wait.is_some() && !outcomes.contains_key(sdk)) else {
            return Ok(outcomes);
        };
        loop {
            let state = generation::state_lately(store, module, &sdk).await?;
            let is_over = match state {
                // It may be waiting for what it pins.
                Some(GenerationState::Done) => packages::is_listed(store, &sdk).await?,
                Some(GenerationState::Wanted { .. } | GenerationState::Running { .. }) => false,
                Some(GenerationState::Rejected { .. } | GenerationState::Resting { .. }) | None => {
                    true
                }
            };
            let left = until.since(store.now());
            if is_over || left.is_zero() {
                return Ok(packages::outcomes(store, module, &commit).await?);
            }
            store.sleep(PAUSE.min(left)).await;
        }
    }

    /// How far the SDK by a plugin's newest version is, as far as the listing of the commit says.
    fn listed_state(&self, entry: &Entry, sdk: Option<&ShownSdk>, outcomes: &Outcomes) -> SdkState {
        let is_shown = |it: &&ShownSdk| {
            it.plugin == entry.name.to_string()
                && it.plugin_version == entry.plugin_version.to_string()
        };
        if let Some(sdk) = sdk.filter(is_shown) {
            return sdk.state.clone();
        }
        final_state(outcomes, &self.sdk(entry), &self.published.generator)
    }

    async fn shown<P: Platform>(
        &self,
        context: &Context<P>,
        entry: &Entry,
        outcomes: &Outcomes,
        query: &Query,
    ) -> Result<ShownSdk, Problem> {
        let (sdk, store) = (self.sdk(entry), &context.store);
        let (package, version) = (sdk.package().name(&self.hosts), sdk.version_text());
        let runtime = self.published.catalogue.runtime(entry);
        let installed = InstalledPackage {
            runtime: &runtime,
            ecosystem: sdk.ecosystem,
            name: &package,
            hosts: &self.hosts,
            public_url: &context.config.public_url,
        };
        let made = outcomes.get(&sdk).filter(|it| matches!(it, Outcome::Made { .. }));
        let state = match modules::check_deps(store, &self.at.module, &self.at.commit).await {
            Err(error @ Error::Withdrawn { .. }) => {
                SdkState::Unavailable { reason: error.to_string() }
            }
            Err(error) => return Err(error.into()),
            Ok(()) if is_elsewhere(&sdk.package(), &self.hosts, &self.own) => {
                let reason = "The other registry has no packages of it: its code is elsewhere.";
                SdkState::Unavailable { reason: reason.into() }
            }
            Ok(()) if made.is_some() => SdkState::Ready,
            Ok(()) => self.state_now(context, &sdk).await?,
        };
        // What nobody gets has no lines, and what it would come with is not everybody's to know.
        let can_be_had = !matches!(state, SdkState::Unavailable { .. });
        let contents = match (&state, made) {
            (SdkState::Ready, Some(made)) => self.contents(context, &sdk, made).await?,
            _ => None,
        };
        let import = contents
            .as_ref()
            .filter(|_| can_be_had)
            .and_then(|it| installed.import(it.files.iter().map(|file| file.path.as_str())))
            .or_else(|| {
                let proto = self.at.commit.first_proto.as_deref().filter(|_| can_be_had)?;
                installed.import_of(&sdk.plugin.to_string(), proto)
            });
        let (managers, pins, with_it) = match can_be_had {
            true => (
                installed.managers(match self.is_newest(entry) {
                    true => self.at.pin(&installed),
                    false => Pin::Version(&version),
                }),
                self.pins(&installed, entry, &version),
                self.with_it(entry, &runtime)?,
            ),
            false => (Vec::new(), Vec::new(), Vec::new()),
        };
        let chosen = query.get("pm");
        let manager = managers.iter().find(|it| Some(it.name) == chosen).or(managers.first());
        Ok(ShownSdk {
            plugin: sdk.plugin.to_string(),
            plugin_version: sdk.version.plugin.to_string(),
            revision: sdk.version.revision,
            is_older_plugin: !self.is_newest(entry),
            state,
            manager: manager.map_or("", |it| it.name),
            import,
            is_label_unnamed: can_be_had
                && self.is_newest(entry)
                && self.at.label.is_some()
                && self.at.label_pin(&installed).is_none(),
            pins,
            with_it,
            contents,
            managers,
            source_digest: self.at.commit.digest.clone(),
            package,
            version,
        })
    }

    /// What is in an SDK that was made, as far as its generator said it.
    async fn contents<P: Platform>(
        &self,
        context: &Context<P>,
        sdk: &Sdk,
        made: &Outcome,
    ) -> Result<Option<Contents>, Problem> {
        let Outcome::Made { file, content_hash } = made else { return Ok(None) };
        let known = packages::contents(&context.store, &self.at.module, sdk).await?;
        let (files, more) = known.as_ref().map_or((&[][..], 0), |it| (&it.files, it.more));
        let has_code = files.iter().any(|it| is_code(sdk.ecosystem, &it.path));
        let shown = files.iter().map(|it| PackedFile { path: it.path.clone(), size: it.size });
        Ok(Some(Contents {
            files: shown.collect(),
            more,
            has_no_code: !files.is_empty() && more == 0 && !has_code,
            hashes: compared(sdk.ecosystem, &file.hashes, content_hash.as_deref()),
            size: file.size,
            millis: known.as_ref().map(|it| it.millis),
        }))
    }

    fn pins(
        &self,
        installed: &InstalledPackage<'_>,
        entry: &Entry,
        version: &str,
    ) -> Vec<ShownPin> {
        let plugin = &entry.name;
        let mut pins = Vec::new();
        let mut add = |pin: Pin<'_>, moved_by: String| {
            pins.extend(installed.suffix(pin).map(|suffix| ShownPin { suffix, moved_by }));
        };
        if self.is_newest(entry) {
            if self.at.is_latest() {
                let default = &self.at.module.default_label;
                add(Pin::Latest, format!("a push to {default}, or a newer {plugin}"));
            }
            if let Some((label, pin)) = self.at.label_pin(installed) {
                let moved_by = format!("a push to {label}, or moving it back; a newer {plugin}");
                add(pin, moved_by);
            }
            add(Pin::Commit(&self.at.commit.id), format!("a newer {plugin}"));
        }
        add(Pin::Version(version), "nothing".into());
        pins
    }

    /// What the package manager installs besides, and why.
    fn with_it(
        &self,
        entry: &Entry,
        runtime: &[(String, String)],
    ) -> Result<Vec<Companion>, Problem> {
        let (commit, own) = (&self.at.commit, &self.own);
        let closure = commit.closure();
        let trouble = |error: protoedge_sdk::BadSdk| Problem::new(Kind::Trouble, error.to_string());
        let pins = Sdk::pins(entry, &closure, &self.published.catalogue).map_err(trouble)?;
        let rules = entry.registry.target.rules();
        let of_pins = pins.iter().map(|pin| Companion {
            package: closure.package_name(pin, own),
            address: Some(paths::sdks(
                &pin.module.to_string(),
                pin.version.commit.as_str(),
                Some(&pin.plugin.to_string()),
            )),
            version: pin.version_text(),
            because: match pin.module == commit.module {
                true => format!("{} builds on {}", entry.name, pin.plugin),
                false => format!("{} depends on {}", commit.module, pin.module),
            },
        });
        let runtime = runtime.iter().cloned().map(|(package, version)| Companion {
            package,
            address: None,
            version,
            because: format!("the code of {} runs with it", entry.name),
        });
        let elsewhere = closure.deps.iter().filter_map(|dep| {
            let require = rules.elsewhere(dep)?.require.clone()?;
            let because = format!("the code of {} is there", dep.module);
            Some(Companion {
                package: require.module,
                address: None,
                version: require.version,
                because,
            })
        });
        Ok(of_pins.chain(runtime).chain(elsewhere).collect())
    }

    /// How far an SDK is that is in no list.
    async fn state_now<P: Platform>(
        &self,
        context: &Context<P>,
        sdk: &Sdk,
    ) -> Result<SdkState, Problem> {
        let (store, module) = (&context.store, &self.at.module);
        let Some(state) = generation::state_lately(store, module, sdk).await? else {
            return Ok(SdkState::NotAskedFor);
        };
        if let Some(words) = state.rejection(&self.published.generator) {
            return self.rejected(context, sdk, words).await;
        }
        let now = store.now();
        Ok(match &state {
            GenerationState::Wanted { .. } | GenerationState::Running { .. } => {
                SdkState::BeingMade {
                    seconds: state.since().map(|since| now.since(since).as_secs()),
                }
            }
            GenerationState::Resting { until, .. } if now < *until => {
                SdkState::Resting { seconds: until.since(now).as_secs().max(1) }
            }
            GenerationState::Done => self.made(context, sdk).await?,
            // Another generator gets a try.
            GenerationState::Rejected { .. } | GenerationState::Resting { .. } => {
                SdkState::NotAskedFor
            }
        })
    }

    /// How far one is whose files are stored: it is listed after all that it pins, unless one of those is rejected.
    async fn made<P: Platform>(
        &self,
        context: &Context<P>,
        sdk: &Sdk,
    ) -> Result<SdkState, Problem> {
        let (store, catalogue) = (&context.store, &self.published.catalogue);
        if packages::is_listed(store, sdk).await? {
            return Ok(SdkState::Ready);
        }
        match generation::rejected_pin(store, sdk, catalogue, &self.published.generator).await? {
            None => Ok(SdkState::BeingMade { seconds: None }),
            Some(pin) => {
                let reason =
                    format!("It pins {} by {}, which the plugin rejects.", pin.module, pin.plugin);
                Ok(SdkState::Unavailable { reason })
            }
        }
    }

    async fn rejected<P: Platform>(
        &self,
        context: &Context<P>,
        sdk: &Sdk,
        words: &str,
    ) -> Result<SdkState, Problem> {
        let (store, module) = (&context.store, &self.at.module);
        let listing = packages::listing_named(store, module, &sdk.package(), &self.hosts).await?;
        let accepted = listing.versions().last().map(|it| it.commit.short().to_string());
        let name = module.name.to_string();
        let words = words.lines().take(MOST_WORDS).map(|text| Words {
            address: place(text).map(|(path, line)| {
                let line = line.map(|line| format!("#L{line}")).unwrap_or_default();
                format!("{}{line}", paths::file(&name, &self.at.reference, path))
            }),
            text: text.to_owned(),
        });
        let by = format!("{} {}", sdk.plugin, sdk.version.plugin);
        Ok(SdkState::Rejected { by, words: words.collect(), accepted })
    }

    /// Has the chosen SDK made, for somebody whose budget it counts for.
    pub(super) async fn make<P: Platform>(
        &self,
        context: &Context<P>,
        request: &Request<P::Body>,
        user: &User,
    ) -> Result<(), Problem> {
        let Some(entry) = &self.entry else { return Ok(()) };
        modules::check_deps(&context.store, &self.at.module, &self.at.commit).await?;
        if is_elsewhere(&self.sdk(entry).package(), &self.hosts, &self.own) {
            return Ok(());
        }
        let key = RateLimitKey::of(Credentials::Verified(user.clone()), request);
        let demand = Demand::Waiting(Some(&key));
        dispatch::ensure_generating(context, &self.sdk(entry), demand).await.map(drop)
    }
}

/// How far an SDK is as the outcomes of its commit say, where `generator` may try what another one rejected.
pub(super) fn final_state(outcomes: &Outcomes, sdk: &Sdk, generator: &str) -> SdkState {
    match outcomes.get(sdk) {
        Some(Outcome::Made { .. }) => SdkState::Ready,
        Some(Outcome::Rejected { generator: by }) if by == generator => {
            let by = format!("{} {}", sdk.plugin, sdk.version.plugin);
            SdkState::Rejected { by, words: Vec::new(), accepted: None }
        }
        Some(Outcome::Rejected { .. }) | None => SdkState::NotAskedFor,
    }
}

/// As many lines of a plugin's words as package managers show.
const MOST_WORDS: usize = 8;

/// The place in the sources that a line of a plugin's names: a file, and the line where it says that, `acme/v1/a.proto:41:3: …`.
fn place(line: &str) -> Option<(&str, Option<u32>)> {
    let end = line.find(".proto")? + ".proto".len();
    let path = line[..end].rsplit([' ', '"', '\'', '`', '(', '[']).next()?;
    let digits = line[end..].strip_prefix(':').unwrap_or_default();
    let digits = digits.split(|c: char| !c.is_ascii_digit()).next()?;
    let is_path = path.len() > ".proto".len() && !path.starts_with('/');
    // `.proto` may be the beginning of a longer word, and a full stop the end of a sentence.
    let ends = match line[end..].strip_prefix('.') {
        Some(after) => after.is_empty() || after.starts_with(' '),
        None => !line[end..].starts_with(|c: char| c.is_alphanumeric() || "_-/".contains(c)),
    };
    let number = digits.parse().ok().filter(|line| *line > 0);
    (is_path && ends).then_some((path, number))
}

/// Whether another registry, whose names these are, has no packages of a module: its code is elsewhere.
pub(super) fn is_elsewhere(package: &Package, hosts: &Hosts, own: &Hosts) -> bool {
    hosts != own && package.is_elsewhere()
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn places_in_sources() {
        for (line, want) in [
            ("acme/v1/a.proto:41:3", Some(("acme/v1/a.proto", Some(41)))),
            ("plugin x: acme/v1/a.proto:41:3: no", Some(("acme/v1/a.proto", Some(41)))),
            ("(a.proto:7)", Some(("a.proto", Some(7)))),
            ("a.proto:x", Some(("a.proto", None))),
            ("a.proto:0", Some(("a.proto", None))),
            ("\"bad/v1/bad.proto\": no services", Some(("bad/v1/bad.proto", None))),
            ("no code of a.proto.", Some(("a.proto", None))),
            ("/etc/a.proto:1", None),
            ("a.protos", None),
            ("a.proto.x", None),
            (".proto files", None),
            ("no bindings for method", None),
        ] {
            assert_eq!(place(line), want, "{line}");
        }
    }
}
