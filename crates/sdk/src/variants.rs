//! Plugins that make several packages of a module: each variant is an entry of its own, which follows from the plugin's.

use crate::{
    Ecosystem, Variant,
    catalogue::{BadEntry, Catalogue},
    ecosystem::target::RegistryConfig,
    entry::Entry,
};

impl Catalogue {
    /// The catalogue of these entries and their variants.
    ///
    /// # Errors
    /// [`BadEntry`] where an entry is there twice, depends on something that is not there, or has a name or a variant that
    /// cannot be.
    pub fn new(entries: impl IntoIterator<Item = Entry>) -> Result<Self, BadEntry> {
        Self::checked(with_variants(entries)?)
    }

    /// [`Catalogue::new`] of entries that were checked together before: looking whether each dependency leads somewhere takes
    /// longer than reading them.
    ///
    /// # Errors
    /// As [`Catalogue::new`], but for dependencies.
    pub fn of_checked(entries: impl IntoIterator<Item = Entry>) -> Result<Self, BadEntry> {
        Self::of_entries(with_variants(entries)?)
    }
}

fn with_variants(entries: impl IntoIterator<Item = Entry>) -> Result<Vec<Entry>, BadEntry> {
    let mut all = Vec::new();
    for entry in entries {
        if entry.name.variant().is_some() {
            return Err(BadEntry::Variant { entry: entry.id() });
        }
        all.extend(entry.variants()?);
        all.push(entry);
    }
    Ok(all)
}

impl Entry {
    /// The entry's variants, each as an entry with a name and options of its own.
    ///
    /// # Errors
    /// [`BadEntry::BadVariant`] for a name that no variant can have.
    pub fn variants(&self) -> Result<Vec<Self>, BadEntry> {
        let of = |Variant { name, opts }: Variant| {
            let name = self.name.with_variant(&name).map_err(|error| BadEntry::BadVariant {
                entry: self.id(),
                what: error.to_string(),
            })?;
            let registry = RegistryConfig { opts, ..self.registry.clone() };
            Ok(Self { name, registry, ..self.clone() })
        };
        let target = &self.registry.target;
        let own = target.rules().variants().into_iter().map(of);
        let of_every_plugin = Ecosystem::ALL.iter().filter_map(|it| {
            let (name, target) = it.rules().of_every_plugin(target)?;
            let variant = of(Variant { name: name.into(), opts: self.registry.opts.clone() });
            let with = |entry: Self| Self {
                registry: RegistryConfig { target, ..entry.registry },
                ..entry
            };
            Some(variant.map(with))
        });
        own.chain(of_every_plugin).collect()
    }
}
