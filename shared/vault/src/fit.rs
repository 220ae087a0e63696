//! Whether an ask may be sent.
//!
//! Names become part of an address, which the SDK builds without escaping them. So they are looked at first, here, by the
//! rules of "Object identifiers" in "About keys, secrets, and certificates".

use graph::{ACCOUNT, Error, MADE, RUN};

use crate::ask::{Ask, By, Make, Text};

/// The longest name of an object in a vault.
const LONGEST: usize = 127;

impl Ask {
    /// Says why it cannot be sent as it is.
    ///
    /// # Errors
    /// A name or a version that cannot be one, a certificate that cannot be made, or an id that is not filled in yet.
    pub fn check(&self) -> Result<(), Error> {
        let flaw =
            self.names().find_map(|(what, text)| wrong_name(what, text)).or_else(|| self.wrong_content());
        flaw.map_or(Ok(()), |flaw| {
            Err(Error::failed(format!("this was not sent to the key vault: {flaw}"), None))
        })
    }

    /// What becomes part of an address, and what it is.
    fn names(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let (name, version) = match self {
            Self::Certificate { name, version, .. } => (Some(name), version.as_ref()),
            Self::SetSecret { name, value: Text::Version(version), .. }
            | Self::SignIn { by: By::Certificate { name, version, .. }, .. } => (Some(name), Some(version)),
            Self::CertificateVersions { name, .. }
            | Self::Pending { name, .. }
            | Self::CreateCertificate { name, .. }
            | Self::Pointer { name, .. }
            | Self::SecretVersions { name, .. }
            | Self::SetSecret { name, .. }
            | Self::SignIn { by: By::Published { name, .. }, .. } => (Some(name), None),
            Self::Certificates { .. } | Self::SignIn { by: By::Carried, .. } => (None, None),
        };
        let name = name.map(|text| ("name", text.as_str()));
        name.into_iter().chain(version.map(|text| ("version", text.as_str())))
    }

    fn wrong_content(&self) -> Option<String> {
        if let Self::CreateCertificate { make: Make { key_bits, .. }, .. } = self
            && ![2048, 3072, 4096].contains(key_bits)
        {
            return Some(format!("a key of {key_bits} bits is none of 2048, 3072 and 4096"));
        }
        self.awaits().map(|place| format!("{place} in it is not known yet"))
    }

    /// The place of an id that is not filled in, if there is one.
    fn awaits(&self) -> Option<&'static str> {
        [RUN, ACCOUNT, MADE].into_iter().find(|place| self.texts().any(|text| text.contains(place)))
    }
}

fn wrong_name(what: &str, text: &str) -> Option<String> {
    let is_right =
        (1..=LONGEST).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (!is_right).then(|| format!("the {what} {text:?} is not 1 to {LONGEST} letters, digits and hyphens"))
}

#[cfg(test)]
mod tests {
    use graph::Error;

    use super::*;

    fn why(ask: &Ask) -> String {
        ask.check().err().as_ref().map(Error::to_string).unwrap_or_default()
    }

    fn pending(name: &str) -> Ask {
        Ask::Pending { vault: "contoso-keys".parse().unwrap(), name: name.to_owned() }
    }

    fn pointer(text: &str) -> Ask {
        Ask::SetSecret {
            vault: "contoso-keys".parse().unwrap(),
            name: "payroll-current".to_owned(),
            value: Text::Plain(text.to_owned()),
            content_type: None,
            expires: None,
            tags: [("m365-run".to_owned(), RUN.to_owned())].into(),
        }
    }

    #[test]
    fn a_name_that_would_change_the_address_is_never_sent() {
        let long = "a".repeat(128);
        for name in ["", ".", "..", "a/b", "a?b", "a#b", "a b", "a%2fb", "{name}", "ä", "a_b", &long] {
            assert!(why(&pending(name)).contains("letters, digits and hyphens"), "{name:?}");
        }
        for name in ["payroll", "Payroll-2", "1", &long[1..]] {
            assert_eq!(why(&pending(name)), "", "{name:?}");
        }
    }

    #[test]
    fn every_ask_has_its_names_looked_at() {
        let (vault, name) = (|| "contoso-keys".parse().unwrap(), || "a/b".to_owned());
        let application = uuid::Uuid::nil();
        let version = |version: &str| Ask::Certificate {
            vault: vault(),
            name: "payroll".to_owned(),
            version: Some(version.to_owned()),
        };
        let make = Make { subject: "CN=x".to_owned(), months: 12, key_bits: 2048, exportable: false };
        let asks = [
            Ask::Certificate { vault: vault(), name: name(), version: None },
            version(""),
            version("../other"),
            Ask::CertificateVersions { vault: vault(), name: name() },
            Ask::CreateCertificate { vault: vault(), name: name(), make, tags: [].into() },
            Ask::Pointer { vault: vault(), name: name() },
            Ask::SecretVersions { vault: vault(), name: name() },
            Ask::SignIn { application, by: By::Published { vault: vault(), name: name() } },
            Ask::SignIn {
                application,
                by: By::Certificate {
                    vault: vault(),
                    name: "payroll".to_owned(),
                    version: "x/y".to_owned(),
                    thumbprint: String::new(),
                },
            },
        ];
        for ask in asks {
            assert!(why(&ask).contains("letters, digits and hyphens"), "{ask:?}");
        }
        assert_eq!(why(&version("0123456789abcdef0123456789abcdef")), "");
    }

    #[test]
    fn an_id_that_is_not_known_yet_is_waited_for() {
        let ask = pointer("{\"run\": \"{run}\"}");
        assert!(why(&ask).contains("{run}"), "{}", why(&ask));
        assert_eq!(why(&ask.with(RUN, "0199f3a4-6c1e-7d3a-9b52-3f6a1c0e8d47")), "");
    }

    #[test]
    fn only_keys_that_key_vault_makes_are_asked_for() {
        for (key_bits, is_right) in [(1024, false), (2048, true), (3072, true), (4096, true), (8192, false)] {
            let make = Make { subject: "CN=x".to_owned(), months: 12, key_bits, exportable: false };
            let ask = Ask::CreateCertificate {
                vault: "contoso-keys".parse().unwrap(),
                name: "payroll".to_owned(),
                make,
                tags: [].into(),
            };
            assert_eq!(ask.check().is_ok(), is_right, "{key_bits}");
        }
    }
}
