use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the ecosystem for tests wants to know of a plugin.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TestRegistry {
    /// The plugin's further packages by name, each with its options.
    pub variants: BTreeMap<String, Vec<String>>,
}
