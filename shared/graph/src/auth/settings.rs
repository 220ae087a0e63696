//! Settings as a value. Whoever starts the process decides where they come from, and tests can run side by side, each
//! with its own.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Named settings, looked up anew each time they are needed, since a platform may rotate them.
///
/// ```
/// let settings = graph::auth::Settings::from([("M365_CLOUD", "usgov"), ("AZURE_CLIENT_ID", "")]);
/// assert_eq!(settings.get("M365_CLOUD").as_deref(), Some("usgov"));
/// assert_eq!(settings.get("AZURE_CLIENT_ID"), None, "an empty setting is one that is not set");
/// ```
#[derive(Clone)]
pub struct Settings(Arc<Lookup>);

impl Settings {
    /// Settings by any lookup.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    /// The environment of this process, which is where Azure puts app settings.
    pub fn of_process() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// These settings, and where they have none, those of `rest`.
    #[must_use]
    pub fn or(self, rest: Self) -> Self {
        Self::new(move |name| self.get(name).or_else(|| rest.get(name)))
    }

    /// One setting without surrounding white space; `None` when it is missing or empty.
    pub fn get(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Settings {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        let map: HashMap<String, String> = pairs.collect();
        Self::new(move |name| map.get(name).cloned())
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Settings {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

/// Settings hold secrets, so nothing of them is shown.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settings(..)")
    }
}
