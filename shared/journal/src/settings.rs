//! Where the journal is and how long it keeps its runs.
//!
//! | Setting | Means | When absent |
//! |---|---|---|
//! | `M365_JOURNAL` | a folder, or the https address of a blob container | the folder `m365-journal` among the system's temporary files |
//! | `M365_JOURNAL_RETENTION_DAYS` | for how many days a run is kept after it was last written to | 90 |

use std::path::PathBuf;

use azure_core::http::Url;
use jiff::{SignedDuration, Timestamp};

use crate::error::Error;

const JOURNAL: &str = "M365_JOURNAL";
const RETENTION: &str = "M365_JOURNAL_RETENTION_DAYS";
const DEFAULT_DAYS: u32 = 90;
/// Ten years of 366 days: more is a slip of the keyboard, and personal data is not kept by accident.
const MOST_DAYS: u32 = 3660;

/// Where the journal is and how long it keeps its runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the journal is.
    pub place: Place,
    /// For how many days a run is kept after it was last written to.
    pub retention_days: u32,
}

/// Where a journal can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder nobody named, among the system's temporary files: see [`Settings::notice`].
    Temporary(PathBuf),
    /// A folder of this machine.
    Folder(PathBuf),
    /// A container of Azure Blob Storage, by its address.
    Container(Url),
}

impl Settings {
    /// The settings found by this lookup, which says for a name what it is set to.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid`]: names the setting and says what would be right.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let lookup = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        Ok(Self {
            place: lookup(JOURNAL).map_or_else(|| Ok(temporary()), |value| place(value.trim()))?,
            retention_days: lookup(RETENTION).map_or(Ok(DEFAULT_DAYS), |value| days(value.trim()))?,
        })
    }

    /// What an operator should be told once at the start, if anything: that this journal does not survive the machine.
    pub fn notice(&self) -> Option<String> {
        let Place::Temporary(folder) = &self.place else {
            return None;
        };
        Some(format!(
            "the journal is in {}, which does not survive this machine: set {JOURNAL} to a folder or a blob container",
            folder.display()
        ))
    }

    /// Runs last written to before this time have expired: what to hand to [`crate::Journal::expire`].
    pub fn expired_before(&self, now: Timestamp) -> Timestamp {
        let kept = SignedDuration::from_hours(24 * i64::from(self.retention_days));
        now.checked_sub(kept).unwrap_or(Timestamp::MIN)
    }
}

fn temporary() -> Place {
    Place::Temporary(std::env::temp_dir().join("m365-journal"))
}

fn place(value: &str) -> Result<Place, Error> {
    if value.contains("://") {
        return container(value).map(Place::Container);
    }
    Ok(Place::Folder(value.into()))
}

fn container(value: &str) -> Result<Url, Error> {
    let wrong = |what: &str| Error::invalid(format!("{JOURNAL}: {what}"));
    let mut url = Url::parse(value).map_err(|_| wrong("this is not an address, and not a folder either"))?;
    if url.scheme() != "https" {
        return Err(wrong("the address of a container begins with https://"));
    }
    if url.query().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "the address must not carry a signature or a password: access is by managed identity",
        ));
    }
    if url.path().trim_matches('/').is_empty() {
        return Err(wrong(
            "the address must name a container, as in https://contoso.blob.core.windows.net/m365-journal",
        ));
    }
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty();
    }
    Ok(url)
}

fn days(value: &str) -> Result<u32, Error> {
    match value.parse() {
        Ok(days @ 1..=MOST_DAYS) => Ok(days),
        _ => {
            Err(Error::invalid(format!("{RETENTION}: must be a whole number of days from 1 to {MOST_DAYS}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Settings, Error> {
        Settings::read(&|name| {
            let found = settings.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_settings_it_is_a_temporary_folder_kept_for_ninety_days_and_says_so() {
        let settings = read(&[(JOURNAL, " ")]).unwrap();
        assert_eq!(settings.place, temporary());
        assert_eq!(settings.retention_days, 90);
        assert!(settings.notice().unwrap().contains("does not survive"));
    }

    #[test]
    fn a_folder_or_a_container_is_taken_as_it_stands_and_needs_no_notice() {
        let folder = read(&[(JOURNAL, "/var/lib/m365")]).unwrap();
        assert_eq!(folder.place, Place::Folder("/var/lib/m365".into()));
        assert_eq!(folder.notice(), None);
        let address = "https://contoso.blob.core.windows.net/m365-journal";
        for written in [address.to_owned(), format!("{address}/")] {
            let container = read(&[(JOURNAL, &written)]).unwrap();
            assert_eq!(container.place, Place::Container(address.parse().unwrap()));
            assert_eq!(container.notice(), None);
        }
    }

    #[test]
    fn a_setting_that_will_not_do_is_named_and_never_quoted() {
        let cases = [
            (JOURNAL, "http://contoso.blob.core.windows.net/m365-journal", "https"),
            (JOURNAL, "https://contoso.blob.core.windows.net/", "container"),
            (JOURNAL, "https://contoso.blob.core.windows.net/j?sig=s3cret", "signature"),
            (JOURNAL, "https://a:s3cret@contoso.blob.core.windows.net/j", "password"),
            (JOURNAL, "https://", "not an address"),
            (RETENTION, "0", "whole number"),
            (RETENTION, "a quarter", "whole number"),
            (RETENTION, "90000", "whole number"),
        ];
        for (name, value, hint) in cases {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.is_invalid(), "{value}");
            let says = error.to_string();
            assert!(says.starts_with(name) && says.contains(hint), "{value}: {says}");
            assert!(!says.contains("s3cret"), "{says}");
        }
    }

    #[test]
    fn expiry_counts_back_from_now() {
        let settings = read(&[(RETENTION, "30")]).unwrap();
        let now = "2026-11-21T08:00:00Z".parse().unwrap();
        assert_eq!(settings.expired_before(now).to_string(), "2026-10-22T08:00:00Z");
    }
}
