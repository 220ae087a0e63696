//! Figures, and how they are written.

use std::time::Duration;

/// What one section found.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Markdown.
    pub(super) text: String,
    /// The targets that were missed, for a person.
    pub(super) missed: Vec<String>,
}

impl Report {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), missed: Vec::new() }
    }

    /// This one, then that.
    pub(super) fn and(mut self, then: Self) -> Self {
        let between = if self.text.is_empty() { "" } else { "\n" };
        self.text = [self.text.as_str(), between, &then.text].concat();
        self.missed.extend(then.missed);
        self
    }

    /// Notes a target, as an upper limit.
    #[must_use]
    pub(super) fn at_most(mut self, what: &str, limit: f64, found: f64, unit: &str) -> Self {
        if found > limit {
            self.missed
                .push(format!("missed: {what}: {found:.1}{unit}, the target is at most {limit}{unit}"));
        }
        self
    }
}

/// How long something took, many times.
#[derive(Debug)]
pub(super) struct Samples(Vec<Duration>);

impl FromIterator<Duration> for Samples {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }
}

impl Samples {
    /// The smallest of which so many percent are not larger (nearest rank); zero of nothing.
    pub(super) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    pub(super) fn median(&self) -> Duration {
        self.percentile(50)
    }

    pub(super) fn min(&self) -> Duration {
        self.percentile(0)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// In milliseconds.
pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// As in `2.71 ms`, `118 ms` or `57.3 s`: three digits that count.
pub(super) fn ms(time: Duration) -> String {
    let millis = millis(time);
    match millis {
        ..9.995 => format!("{millis:.2} ms"),
        ..99.95 => format!("{millis:.1} ms"),
        ..9_995.0 => format!("{millis:.0} ms"),
        _ => format!("{:.1} s", millis / 1_000.0),
    }
}

/// Bytes in megabytes, of a million each.
pub(super) fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// A table in Markdown; the first column to the left, figures to the right.
pub(super) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = (0..N).map(|column| if column == 0 { "---" } else { "---:" }.to_owned()).collect::<Vec<_>>();
    let head = line(&head.map(str::to_owned)) + &line(&rule);
    rows.iter().fold(head, |text, row| text + &line(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let samples = (1..=50).rev().map(Duration::from_millis).collect::<Samples>();
        let table = [(0, 1), (1, 1), (50, 25), (90, 45), (99, 50), (100, 50)];
        for (percent, expected) in table {
            assert_eq!(samples.percentile(percent), Duration::from_millis(expected), "p{percent}");
        }
        assert_eq!(Samples::from_iter([]).median(), Duration::ZERO);
    }

    #[test]
    fn a_time_is_written_with_three_digits_that_count() {
        let table = [
            (2_714, "2.71 ms"),
            (9_994, "9.99 ms"),
            (9_996, "10.0 ms"),
            (118_400, "118 ms"),
            (57_345_000, "57.3 s"),
        ];
        for (micros, expected) in table {
            assert_eq!(ms(Duration::from_micros(micros)), expected);
        }
    }

    #[test]
    fn a_target_that_is_just_met_is_met() {
        let report = Report::new("").at_most("start", 5.0, 5.0, " ms").at_most("idle", 8.0, 8.1, " MB");
        assert_eq!(report.missed, ["missed: idle: 8.1 MB, the target is at most 8 MB"]);
    }
}
