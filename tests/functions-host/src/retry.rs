//! Retry policies of function.json and host.json: how often a failed invocation is repeated, and after how long.
//!
//! Queues do not use them: they count deliveries instead (Microsoft's page "Azure Functions error handling and
//! retries").

use crate::config::Config;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retry {
    /// `None`: for ever (`-1` in the file).
    max: Option<u32>,
    pause: Pause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    Fixed(Duration),
    Exponential { min: Duration, max: Duration },
}

impl Retry {
    /// Reads the section `retry`, if there is one.
    pub(crate) fn read(config: &Config) -> Result<Option<Self>, String> {
        if !config.exists() {
            return Ok(None);
        }
        let max = match config.whole("maxRetryCount")? {
            None => return Err("retry.maxRetryCount is required".into()),
            Some(-1) => None,
            Some(max) => Some(
                u32::try_from(max)
                    .map_err(|_| format!("retry.maxRetryCount must be -1 or more, not {max}"))?,
            ),
        };
        let pause = match config.text("strategy")?.as_deref() {
            Some("fixedDelay") => Pause::Fixed(required(config, "delayInterval")?),
            Some("exponentialBackoff") => Pause::Exponential {
                min: required(config, "minimumInterval")?,
                max: required(config, "maximumInterval")?,
            },
            _ => return Err("retry.strategy must be fixedDelay or exponentialBackoff".into()),
        };
        Ok(Some(Self { max, pause }))
    }

    /// The pause before repetition number `retry` (from 1), or `None` when there is none left.
    pub(crate) fn pause(&self, retry: u32) -> Option<Duration> {
        if self.max.is_some_and(|max| retry > max) {
            return None;
        }
        Some(match self.pause {
            Pause::Fixed(pause) => pause,
            Pause::Exponential { min, max } => min.saturating_mul(1 << (retry - 1).min(30)).min(max),
        })
    }

    /// What `RetryContext.MaxRetryCount` shows.
    pub(crate) fn max(&self) -> i64 {
        self.max.map_or(-1, i64::from)
    }
}

fn required(config: &Config, name: &str) -> Result<Duration, String> {
    if !config.section(name).exists() {
        return Err(format!("retry.{name} is required by this strategy"));
    }
    config.duration(name, Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> Result<Option<Retry>, String> {
        Retry::read(&Config::new(json!({"retry": value})).section("retry"))
    }

    #[test]
    fn pauses_follow_the_strategy_and_end_with_the_count() {
        let fixed = json!({"strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:10"});
        let growing = json!({"strategy": "exponentialBackoff", "maxRetryCount": -1,
            "minimumInterval": "00:00:04", "maximumInterval": "00:00:15"});
        for (policy, expected) in
            [(fixed, [Some(10), Some(10), None, None]), (growing, [Some(4), Some(8), Some(15), Some(15)])]
        {
            let retry = read(policy).unwrap().unwrap();
            let pauses = [1, 2, 3, 4].map(|n| retry.pause(n).map(|pause| pause.as_secs()));
            assert_eq!(pauses, expected);
        }
    }

    #[test]
    fn a_policy_that_lacks_something_says_what() {
        let cases = [
            (json!({"strategy": "fixedDelay"}), "retry.maxRetryCount is required"),
            (
                json!({"strategy": "fixedDelay", "maxRetryCount": 1}),
                "retry.delayInterval is required by this strategy",
            ),
            (json!({"maxRetryCount": 1}), "retry.strategy must be fixedDelay or exponentialBackoff"),
            (
                json!({"maxRetryCount": -2, "strategy": "fixedDelay"}),
                "retry.maxRetryCount must be -1 or more, not -2",
            ),
        ];
        for (policy, expected) in cases {
            assert_eq!(read(policy).unwrap_err(), expected);
        }
    }
}
