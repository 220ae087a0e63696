//! Authentication methods: what somebody can prove who they are with.
//!
//! A method is removed through the collection of its own kind, since the mixed one can only be read, and the default method
//! goes last: until the others are gone it is refused, which means "not yet" here. A method that was removed cannot be given
//! back, its owner registers it anew. The password is a method that cannot be removed
//! ([`password::reset`](crate::password::reset) is what there is).

use graph::{Path, Refusal, Request};
use plan::{Change, Proof};
use serde::Deserialize;
use serde_json::json;

use crate::Who;
use crate::account::touching;

/// A method, as read. Numbers and addresses are not kept, since nothing here needs them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Method {
    /// Its id, unique among the methods of one account.
    pub id: String,
    /// What it is.
    #[serde(rename = "@odata.type", default)]
    pub kind: Kind,
    /// The name of the device or key, where it has one.
    #[serde(default)]
    display_name: Option<String>,
    /// `mobile`, `alternateMobile`, `office`.
    #[serde(default)]
    phone_type: Option<String>,
}

/// What a method is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
#[expect(missing_docs, reason = "each is named for its row in KINDS")]
pub enum Kind {
    Password,
    Phone,
    Email,
    Passkey,
    Authenticator,
    SoftwareToken,
    WindowsHello,
    PlatformCredential,
    Pass,
    External,
    /// One that was not known when this was written.
    #[default]
    Unknown,
}

/// Kind, its type on the wire, the collection through which it is removed, its words (Microsoft Graph,
/// "authenticationMethod resource type").
const KINDS: &[(Kind, &str, Option<&str>, &str)] = &[
    (Kind::Password, "passwordAuthenticationMethod", None, "password"),
    (Kind::Phone, "phoneAuthenticationMethod", Some("phoneMethods"), "phone"),
    (Kind::Email, "emailAuthenticationMethod", Some("emailMethods"), "email address"),
    (Kind::Passkey, "fido2AuthenticationMethod", Some("fido2Methods"), "passkey"),
    (
        Kind::Authenticator,
        "microsoftAuthenticatorAuthenticationMethod",
        Some("microsoftAuthenticatorMethods"),
        "Microsoft Authenticator",
    ),
    (
        Kind::SoftwareToken,
        "softwareOathAuthenticationMethod",
        Some("softwareOathMethods"),
        "authenticator app",
    ),
    (
        Kind::WindowsHello,
        "windowsHelloForBusinessAuthenticationMethod",
        Some("windowsHelloForBusinessMethods"),
        "Windows Hello",
    ),
    (
        Kind::PlatformCredential,
        "platformCredentialAuthenticationMethod",
        Some("platformCredentialMethods"),
        "platform credential",
    ),
    (
        Kind::Pass,
        "temporaryAccessPassAuthenticationMethod",
        Some("temporaryAccessPassMethods"),
        "Temporary Access Pass",
    ),
    (
        Kind::External,
        "externalAuthenticationMethod",
        Some("externalAuthenticationMethods"),
        "external method",
    ),
];

impl From<String> for Kind {
    fn from(odata_type: String) -> Self {
        let name = odata_type.trim_start_matches("#microsoft.graph.");
        let row = KINDS.iter().find(|(_, wire, ..)| *wire == name);
        row.map_or(Self::Unknown, |(kind, ..)| kind.clone())
    }
}

impl Kind {
    fn row(&self) -> Option<&'static (Self, &'static str, Option<&'static str>, &'static str)> {
        KINDS.iter().find(|(kind, ..)| kind == self)
    }
}

impl Method {
    /// What it is for people, never the number or the address itself: `phone (mobile)`, `passkey (YubiKey 5)`.
    pub fn name(&self) -> String {
        let kind = self.kind.row().map_or("method of a kind that is not known here", |(.., words)| words);
        let phone =
            self.phone_type.as_deref().map(|of| if of == "alternateMobile" { "second mobile" } else { of });
        match phone.or(self.display_name.as_deref()).filter(|detail| !detail.is_empty()) {
            Some(detail) => format!("{kind} ({detail})"),
            None => kind.to_owned(),
        }
    }

    /// Whether it is the password, which every account has and none can be without.
    pub fn is_password(&self) -> bool {
        self.kind == Kind::Password
    }
}

/// The methods of an account, the password among them. Takes no `$select` (Microsoft Graph, "List methods").
pub fn of(account: Path) -> Request {
    Request::get(account.then("authentication").then("methods")).not_yet(&[Refusal::NotFound])
}

/// Removes a method; `None` if it is of a kind that cannot be removed here.
///
/// A 404 means that it is gone: it was listed, and its owner may have removed it. The default method is refused for as long
/// as there is another one, even one that is on its way out.
pub fn remove(who: &Who, method: &Method) -> Option<Change> {
    let (_, _, collection, _) = method.kind.row()?;
    let path = who.path().then("authentication").then((*collection)?).key(&method.id);
    let send = Request::delete(path).already(&[Refusal::NotFound]).not_yet(&[Refusal::DefaultMethod]);
    let proof = Proof::lacks(of(who.path()), "/value", json!({"id": method.id}));
    let says = format!("remove the {} of {}", method.name(), who.name());
    Some(touching(who, Change::new(says, send, proof)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, line, reading, when_not_found};

    fn method(odata_type: &str, more: serde_json::Value) -> Method {
        let mut method = json!({"@odata.type": format!("#microsoft.graph.{odata_type}"), "id": "m-1=="});
        method.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(method).unwrap()
    }

    #[test]
    fn each_kind_has_its_words_and_its_collection() {
        let table = [
            (
                "phoneAuthenticationMethod",
                json!({"phoneType": "mobile", "phoneNumber": "+1 2065551234"}),
                "phone (mobile)",
                Some("phoneMethods"),
            ),
            (
                "phoneAuthenticationMethod",
                json!({"phoneType": "alternateMobile"}),
                "phone (second mobile)",
                Some("phoneMethods"),
            ),
            (
                "emailAuthenticationMethod",
                json!({"emailAddress": "adele@fabrikam.com"}),
                "email address",
                Some("emailMethods"),
            ),
            (
                "fido2AuthenticationMethod",
                json!({"displayName": "YubiKey 5"}),
                "passkey (YubiKey 5)",
                Some("fido2Methods"),
            ),
            (
                "microsoftAuthenticatorAuthenticationMethod",
                json!({"displayName": "iPhone 15"}),
                "Microsoft Authenticator (iPhone 15)",
                Some("microsoftAuthenticatorMethods"),
            ),
            (
                "softwareOathAuthenticationMethod",
                json!({"secretKey": null}),
                "authenticator app",
                Some("softwareOathMethods"),
            ),
            (
                "windowsHelloForBusinessAuthenticationMethod",
                json!({"displayName": "ADELE-LT1"}),
                "Windows Hello (ADELE-LT1)",
                Some("windowsHelloForBusinessMethods"),
            ),
            (
                "platformCredentialAuthenticationMethod",
                json!({"displayName": null}),
                "platform credential",
                Some("platformCredentialMethods"),
            ),
            (
                "temporaryAccessPassAuthenticationMethod",
                json!({"temporaryAccessPass": null}),
                "Temporary Access Pass",
                Some("temporaryAccessPassMethods"),
            ),
            (
                "externalAuthenticationMethod",
                json!({"displayName": "Contoso MFA"}),
                "external method (Contoso MFA)",
                Some("externalAuthenticationMethods"),
            ),
            ("passwordAuthenticationMethod", json!({"password": null}), "password", None),
            ("carrierPigeonAuthenticationMethod", json!({}), "method of a kind that is not known here", None),
        ];
        for (odata_type, more, name, collection) in table {
            let method = method(odata_type, more);
            assert_eq!(method.name(), name);
            let line = remove(&adele(), &method).map(|change| line(&change));
            let path = "DELETE /users/87d349ed-44d7-43e1-9a83-5f2406dee5bd/authentication";
            assert_eq!(line, collection.map(|collection| format!("{path}/{collection}/m-1==")));
        }
    }

    #[test]
    fn a_method_goes_for_good_and_the_default_one_last() {
        let change = remove(&adele(), &method("phoneAuthenticationMethod", json!({"phoneType": "office"})));
        let change = change.unwrap();
        assert_eq!(change.says, "remove the phone (office) of Adele Vance");
        assert!(change.undo.is_none());
        assert_eq!(when_not_found(&change), "already");
        let default = "The requested authentication method ID matches the user's current default authentication method, and cannot be deleted until the default authentication method is changed.";
        assert_eq!(reading(&change, 400, "badRequest", default), "not yet");
    }
}
