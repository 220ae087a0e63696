//! When how much happens: months side by side, each of several parts.

/// When how much happens, such as how many secrets and certificates expire in which month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    pub(crate) title: String,
    pub(crate) parts: Vec<&'static str>,
    pub(crate) spans: Vec<(String, Vec<i64>)>,
}

impl Timeline {
    /// A timeline of these parts, four at the most, without any span of time.
    pub fn new(title: impl Into<String>, parts: &[&'static str]) -> Self {
        Self { title: title.into(), parts: parts.to_vec(), spans: Vec::new() }
    }

    /// The next span of time, such as `Mar 2026`, with as many amounts as there are parts. A year at its end is shown where it
    /// changes.
    #[must_use]
    pub fn span(mut self, label: impl Into<String>, amounts: Vec<i64>) -> Self {
        self.spans.push((label.into(), amounts));
        self
    }
}
