//! Whether somebody is the application it says it is: by secret here, by assertion in [`assertion`](super::assertion).
//!
//! What counts is what whoever issues tokens knows by now, which is not what the directory knows: a new credential is
//! refused for a while, a removed one goes on working.

use uuid::Uuid;

use super::assertion;
use super::refused::Refused;
use crate::auth::App;
use crate::state::Kind;
use crate::state::credential::Credentials;
use crate::world::World;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What was given as proof.
pub(super) enum Given<'a> {
    Secret(&'a str),
    Assertion(&'a str),
}

impl<'a> Given<'a> {
    pub(super) fn of(
        secret: Option<&'a str>,
        assertion: Option<&'a str>,
        kind: Option<&str>,
    ) -> Result<Given<'a>, Refused> {
        match (secret, assertion, kind) {
            (Some(secret), ..) => Ok(Given::Secret(secret)),
            (None, Some(assertion), Some(ASSERTION_TYPE)) => Ok(Given::Assertion(assertion)),
            (None, Some(_), _) => {
                let text = "The request body must contain the following parameter: 'client_assertion_type'.";
                Err(Refused::new(400, "invalid_request", 900_144, text))
            }
            (None, None, _) => {
                let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
                Err(Refused::client(7_000_218, text))
            }
        }
    }
}

/// Which credential of the directory it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proven {
    pub(super) object_id: Uuid,
    pub(super) key_id: Uuid,
}

/// An application that wants to sign in.
pub(super) struct Client {
    pub(super) app: App,
    /// Registered with the control, and not of the directory alone.
    pub(super) is_registered: bool,
    /// The credentials of the application and of its service principal that are known by now.
    pub(super) holders: Vec<(Uuid, Credentials)>,
}

impl Client {
    pub(super) fn find(world: &World, client_id: &str, now_ms: i64) -> Result<Client, Refused> {
        let id = Uuid::try_parse(client_id).map_err(|_| unknown(client_id))?;
        let directory = &world.directory;
        let registered = world.apps.by_client_id(client_id);
        let application = directory.of_app(Kind::Application, &id.to_string());
        let principal = directory.of_app(Kind::ServicePrincipal, &id.to_string());
        let app = match (registered, application, principal) {
            (None, None, None) => return Err(unknown(client_id)),
            (None, Some(_), None) => return Err(no_principal(id, directory.tenant_id)),
            (.., Some(principal)) if !principal.is("accountEnabled") => {
                return Err(disabled(id, principal.text("displayName").unwrap_or_default()));
            }
            (Some(registered), ..) => registered.clone(),
            (None, _, Some(principal)) => App::of_directory(principal, id),
        };
        let known = |id: Uuid, truth: &Credentials| (id, directory.propagation.known(id, truth, now_ms));
        let holders = [application, principal].into_iter().flatten();
        let holders = holders.map(|object| known(object.id, &object.credentials)).collect();
        Ok(Client { app, is_registered: registered.is_some(), holders })
    }

    /// The credential that is proven to be the client's; none where it is the registered one's secret.
    pub(super) fn prove(
        &self,
        given: &Given<'_>,
        audiences: &[String],
        now_ms: i64,
    ) -> Result<Option<Proven>, Refused> {
        match given {
            Given::Secret(text) if self.is_registered && *text == self.app.secret => Ok(None),
            Given::Secret(text) => self.has_secret(text, now_ms).map(Some),
            Given::Assertion(text) => assertion::prove(self, text, audiences, now_ms),
        }
    }

    fn has_secret(&self, text: &str, now_ms: i64) -> Result<Proven, Refused> {
        let all = self.holders.iter().flat_map(|(id, held)| held.secrets.iter().map(move |one| (*id, one)));
        let mut fitting = all.filter(|(_, secret)| secret.is_text(text));
        let (object_id, secret) = fitting.next().ok_or_else(|| self.wrong_secret())?;
        if secret.end_date_time.0 <= now_ms {
            return Err(self.expired_secret());
        }
        if secret.start_date_time.0 > now_ms {
            return Err(self.wrong_secret());
        }
        Ok(Proven { object_id, key_id: secret.key_id })
    }

    fn wrong_secret(&self) -> Refused {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{}'.",
            self.app.client_id
        );
        Refused::client(7_000_215, text)
    }

    fn expired_secret(&self) -> Refused {
        let text = format!(
            "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
            self.app.client_id
        );
        Refused::client(7_000_222, text)
    }
}

fn unknown(client_id: &str) -> Refused {
    let text = format!(
        "Application with identifier '{client_id}' was not found in the directory 'Contoso'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
    );
    Refused::new(400, "unauthorized_client", 700_016, text)
}

fn no_principal(client_id: Uuid, tenant_id: Uuid) -> Refused {
    let text = format!(
        "The client application {client_id} is missing service principal in the tenant {tenant_id}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
    );
    Refused::client(7_000_229, text)
}

fn disabled(client_id: Uuid, name: &str) -> Refused {
    let text = format!("Application '{client_id}'({name}) is disabled.");
    Refused::new(400, "unauthorized_client", 7_000_112, text)
}
