//! `/beta/reports/appCredentialSignInActivities`: when each credential of an application was used last.
//!
//! Source: "List appCredentialSignInActivities" and the resource type (Microsoft Graph beta reference). A sign-in is told
//! at once: how long the real report takes is not documented. `$orderby` and reading one by its id are not known.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Context, Reply, Route, get, users};
use crate::query::parse::{Expr, Literal};
use crate::refusal::{Refusal, bad_request, unknown_here};
use crate::roles::READ_CREDENTIAL_USES;
use crate::state::credential::{Held, Usage};
use crate::state::propagation::Use;
use crate::state::{Kind, Object};

pub(super) const ROUTES: &[Route] = &[get(
    "/reports/appCredentialSignInActivities",
    1,
    READ_CREDENTIAL_USES,
    &["$filter", "$top", "$skiptoken"],
    all,
)];

const PAGE: usize = 100;

fn all(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    users::premium(context)?;
    let wanted = wanted(context.query.filter.as_ref())?;
    let after = context.query.skip_token.as_deref().map(place).transpose()?;
    let size = context.query.top.unwrap_or(PAGE);
    let used = context.directory.credential_uses(after);
    let mut found: Vec<_> =
        used.filter(|(object, held, _)| wanted.fits(object, held)).take(size + 1).collect();
    let more = found.len() > size;
    found.truncate(size);
    let value: Vec<Value> =
        found.iter().map(|(object, held, last)| told(context, object, held, last)).collect();
    let mut body = json!({
        "@odata.context": "https://graph.microsoft.com/beta/$metadata#reports/appCredentialSignInActivities",
        "value": value,
    });
    if let Some((_, held, _)) = found.last().filter(|_| more) {
        body["@odata.nextLink"] = json!(next_link(context, held.key_id));
    }
    Ok(Reply::ok(body))
}

/// Which ones are asked for.
#[derive(Default)]
struct Wanted {
    app_id: Option<String>,
    key_id: Option<String>,
}

impl Wanted {
    fn fits(&self, object: &Object, held: &Held) -> bool {
        let is_app = |id: &String| object.text("appId").is_some_and(|app_id| app_id.eq_ignore_ascii_case(id));
        let is_key = |id: &String| held.key_id.to_string().eq_ignore_ascii_case(id);
        self.app_id.as_ref().is_none_or(is_app) && self.key_id.as_ref().is_none_or(is_key)
    }
}

fn wanted(filter: Option<&Expr>) -> Result<Wanted, Refusal> {
    match filter {
        None => Ok(Wanted::default()),
        Some(Expr::Compare { path, operator, value: Literal::Text(id) }) if operator == "eq" => {
            match path.as_slice() {
                [name] if name == "appId" => Ok(Wanted { app_id: Some(id.clone()), key_id: None }),
                [name] if name == "keyId" => Ok(Wanted { app_id: None, key_id: Some(id.clone()) }),
                _ => Err(bad_request("Only 'appId' and 'keyId' can be filtered by.")),
            }
        }
        Some(_) => Err(unknown_here("a filter but 'appId eq' or 'keyId eq'")),
    }
}

fn told(context: &Context<'_>, object: &Object, held: &Held, last: &Use) -> Value {
    let app_id = object.text("appId").unwrap_or_default();
    let other = |kind| context.directory.of_app(kind, app_id).map(|object| object.id);
    let origin = if object.kind == Kind::Application { "application" } else { "servicePrincipal" };
    let usage = if held.usage == Usage::Sign { "sign" } else { "verify" };
    json!({
        "id": STANDARD.encode(format!("{}|{origin}", held.key_id)), "appId": app_id,
        "appObjectId": other(Kind::Application), "servicePrincipalObjectId": other(Kind::ServicePrincipal),
        "keyId": held.key_id, "keyType": held.kind, "keyUsage": usage, "credentialOrigin": origin,
        "createdDateTime": crate::clock::written(held.start_ms),
        "expirationDateTime": crate::clock::written(held.end_ms), "resourceId": last.resource_id,
        "signInActivity": {
            "lastSignInDateTime": last.last_sign_in_date_time,
            "lastSignInRequestId": last.last_sign_in_request_id,
        },
    })
}

fn next_link(context: &Context<'_>, after: Uuid) -> String {
    let carried =
        context.asked.query.split('&').filter(|pair| !pair.contains("skiptoken") && !pair.is_empty());
    let carried: String = carried.map(|pair| format!("{pair}&")).collect();
    let token = URL_SAFE_NO_PAD.encode(after.to_string());
    format!("{}/beta{}?{carried}$skiptoken={token}", context.asked.root, context.asked.path)
}

fn place(token: &str) -> Result<Uuid, Refusal> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let place = text.and_then(|text| Uuid::try_parse(&text).ok());
    place.ok_or_else(|| bad_request("The skip token is not one of this report."))
}
