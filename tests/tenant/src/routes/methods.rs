//! How people prove who they are: the methods they registered, of every type.
//!
//! A method can be read and deleted below the segment of its type, never below `methods`. The one a user is asked for
//! first cannot be deleted while there are others, so that whoever clears them meets a refusal and has to come back.
//! Sources: the API reference of each type; the words of the refusal as public issues quote them.
//!
//! The default is part of the state: which method it is cannot be asked for nor changed in version 1.0.

use serde_json::{Value, json};
use uuid::Uuid;

use super::members::whole;
use super::passes::pass_json;
use super::{Context, NO_OPTIONS, Reply, Route, access, get, write};
use crate::clock::written;
use crate::refusal::{Refusal, invalid_value, not_found, unknown_here, value_required, wrong_method};
use crate::roles::*;
use crate::state::Object;

pub(super) const ROUTES: &[Route] = &[
    get("/users/{}/authentication/methods", 1, READ_METHODS, NO_OPTIONS, list),
    get("/users/{}/authentication/methods/{}", 1, READ_METHODS, NO_OPTIONS, read_any),
    get("/users/{}/authentication/passwordMethods", 1, READ_PASSWORDS, NO_OPTIONS, passwords),
    get("/users/{}/authentication/passwordMethods/{}", 1, READ_PASSWORDS, NO_OPTIONS, read_password),
    write("POST", "/users/{}/authentication/phoneMethods", WRITE_METHOD_PHONES, add_phone),
    get("/users/{}/authentication/{}", 1, NOTHING, NO_OPTIONS, list_typed),
    get("/users/{}/authentication/{}/{}", 1, NOTHING, NO_OPTIONS, read_typed),
    write("DELETE", "/users/{}/authentication/{}/{}", NOTHING, delete),
];

const PASSWORD_METHOD: &str = "28c10230-6103-485e-b985-444c60001490";
/// Phones have the same three ids for everybody.
const PHONES: [(&str, &str); 3] = [
    ("mobile", "3179e48a-750b-4051-897c-87b9720928f7"),
    ("alternateMobile", "b6332ec1-7057-4abe-9331-3d72feddfe41"),
    ("office", "e37fc753-ff3b-4958-9484-eaa9425c82bc"),
];
/// Types somebody can be asked for first.
const ASKED_FIRST: [&str; 3] = ["phone", "microsoftAuthenticator", "softwareOath"];

/// One type of method: its segment, its name within `#microsoft.graph.…AuthenticationMethod`, and who may do what.
struct Type {
    segment: &'static str,
    name: &'static str,
    read: Need,
    write: Need,
}

const fn row(segment: &'static str, name: &'static str, read: Need, write: Need) -> Type {
    Type { segment, name, read, write }
}

const TYPES: [Type; 8] = [
    row("phoneMethods", "phone", READ_PHONES, WRITE_METHOD_PHONES),
    row("emailMethods", "email", READ_EMAILS, WRITE_METHOD_EMAILS),
    row("fido2Methods", "fido2", READ_PASSKEYS, WRITE_PASSKEYS),
    row("microsoftAuthenticatorMethods", "microsoftAuthenticator", READ_AUTHENTICATORS, WRITE_AUTHENTICATORS),
    row("softwareOathMethods", "softwareOath", READ_OATH, WRITE_OATH),
    row("windowsHelloForBusinessMethods", "windowsHelloForBusiness", READ_HELLO, WRITE_HELLO),
    row("platformCredentialMethods", "platformCredential", READ_PLATFORM, WRITE_PLATFORM),
    row("externalAuthenticationMethods", "external", READ_EXTERNAL, WRITE_EXTERNAL),
];

impl Type {
    /// The type the second segment of an address names.
    fn of(context: &Context<'_>) -> Result<&'static Type, Refusal> {
        let segment = context.param(1).plain()?;
        let found = TYPES.iter().find(|known| known.segment.eq_ignore_ascii_case(&segment));
        found.ok_or_else(|| match segment.as_str() {
            "methods" | "passwordMethods" => wrong_method(),
            _ => unknown_here(format!("authentication methods of the type '{segment}'")),
        })
    }

    fn odata_type(&self) -> String {
        format!("#microsoft.graph.{}AuthenticationMethod", self.name)
    }

    fn is(&self, method: &Value) -> bool {
        method["@odata.type"] == self.odata_type().as_str()
    }
}

fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?;
    let methods = all(context, &user);
    Ok(whole(context, &format!("users('{}')/authentication/methods", user.id), methods))
}

/// Password first, then what was registered, then a pass if there is one.
fn all(context: &Context<'_>, user: &Object) -> Vec<Value> {
    let mut methods = vec![typed("password", password(user))];
    methods.extend(registered(context, user.id).iter().cloned());
    let pass = context.directory.passes.get(&user.id);
    methods.extend(pass.map(|pass| typed("temporaryAccessPass", pass_json(context, pass))));
    methods
}

fn registered<'a>(context: &'a Context<'_>, user: Uuid) -> &'a [Value] {
    context.directory.methods.get(&user).map(Vec::as_slice).unwrap_or_default()
}

fn read_any(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (user, id) = (context.user(0)?, context.param(1).plain()?);
    let found = all(context, &user).into_iter().find(|method| method["id"] == id.as_str());
    let mut method = found.ok_or_else(|| not_found(id))?;
    method["@odata.context"] =
        context.context(&format!("users('{}')/authentication/methods/$entity", user.id));
    Ok(Reply::ok(method))
}

fn passwords(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?;
    Ok(whole(context, &format!("users('{}')/authentication/passwordMethods", user.id), vec![password(&user)]))
}

fn read_password(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (user, id) = (context.user(0)?, context.param(1).plain()?);
    if id != PASSWORD_METHOD {
        return Err(not_found(id));
    }
    let mut password = password(&user);
    password["@odata.context"] =
        context.context(&format!("users('{}')/authentication/passwordMethods/$entity", user.id));
    Ok(Reply::ok(password))
}

fn password(user: &Object) -> Value {
    json!({ "id": PASSWORD_METHOD, "password": null, "createdDateTime": user.text("lastPasswordChangeDateTime") })
}

fn typed(name: &str, mut method: Value) -> Value {
    method["@odata.type"] = json!(format!("#microsoft.graph.{name}AuthenticationMethod"));
    method
}

fn list_typed(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let kind = Type::of(context)?;
    context.require(kind.read)?;
    let user = context.user(0)?.id;
    let of_type = registered(context, user).iter().filter(|method| kind.is(method));
    let methods = of_type.cloned().map(untyped).collect();
    Ok(whole(context, &fragment(user, kind), methods))
}

/// A list of one type does not tell the type.
fn untyped(mut method: Value) -> Value {
    method.as_object_mut().map(|members| members.remove("@odata.type"));
    method
}

fn fragment(user: Uuid, kind: &Type) -> String {
    format!("users('{user}')/authentication/{}", kind.segment)
}

fn read_typed(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let kind = Type::of(context)?;
    context.require(kind.read)?;
    let user = context.user(0)?.id;
    let mut method = untyped(named(context, user, kind)?);
    method["@odata.context"] = context.context(&format!("{}/$entity", fragment(user, kind)));
    Ok(Reply::ok(method))
}

/// The method an address names.
fn named(context: &Context<'_>, user: Uuid, kind: &Type) -> Result<Value, Refusal> {
    let id = context.param(2).plain()?;
    let mut of_type = registered(context, user).iter().filter(|method| kind.is(method));
    of_type.find(|method| method["id"] == id.as_str()).cloned().ok_or_else(|| not_found(id))
}

fn delete(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let kind = Type::of(context)?;
    context.require(kind.write)?;
    let user = context.user(0)?.id;
    let id = named(context, user, kind)?["id"].clone();
    access::sensitive(context, user)?;
    let is_default =
        context.directory.default_methods.get(&user).is_some_and(|default| id == default.as_str());
    if is_default && registered(context, user).len() > 1 {
        return Err(still_default(id.as_str().unwrap_or_default()));
    }
    if is_default {
        context.directory.default_methods.remove(&user);
    }
    forget(context, user, &id);
    Ok(Reply::no_content())
}

/// Nobody keeps an empty list of methods.
fn forget(context: &mut Context<'_>, user: Uuid, id: &Value) {
    if let Some(methods) = context.directory.methods.get_mut(&user) {
        methods.retain(|method| method["id"] != *id);
        if methods.is_empty() {
            context.directory.methods.remove(&user);
        }
    }
}

fn still_default(id: &str) -> Refusal {
    let message = format!(
        "The requested authentication method id of [{id}] matches the user's current default authentication method, and cannot be deleted until the default authentication method is changed"
    );
    Refusal::new(400, "badRequest", message)
}

/// Registers a phone: one of each type, in the form `+41 791234567`, with an extension such as `x123` if there is one.
fn add_phone(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.action(&["@odata.type", "phoneNumber", "phoneType"])?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).ok_or_else(|| required(name));
    let (number, kind) = (text("phoneNumber")?, text("phoneType")?);
    let known = PHONES.iter().find(|(known, _)| known.eq_ignore_ascii_case(kind));
    let (kind, id) = known.ok_or_else(|| invalid_value("phoneType", "phoneAuthenticationMethod"))?;
    if !is_number(number) {
        return Err(invalid_value("phoneNumber", "phoneAuthenticationMethod"));
    }
    let user = context.user(0)?.id;
    access::sensitive(context, user)?;
    if registered(context, user).iter().any(|method| method["id"] == *id) {
        let message = format!("The user already has a phone of the type '{kind}'.");
        return Err(Refusal::new(400, "badRequest", message));
    }
    let phone = json!({
        "id": id, "phoneNumber": number, "phoneType": kind, "smsSignInState": "notSupported",
        "createdDateTime": written(context.directory.now_ms),
    });
    register(context, user, typed("phone", phone.clone()));
    Ok(told(context, user, phone))
}

fn required(name: &str) -> Refusal {
    value_required(name, "phoneAuthenticationMethod")
}

fn is_number(text: &str) -> bool {
    let Some((country, rest)) = text.strip_prefix('+').and_then(|text| text.split_once(' ')) else {
        return false;
    };
    let (number, extension) = rest.split_once('x').unwrap_or((rest, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    country.len() <= 3 && [country, number, extension].into_iter().all(are_digits)
}

/// Adds a method; the first somebody can be asked for becomes what they are asked for.
fn register(context: &mut Context<'_>, user: Uuid, method: Value) {
    let is_asked =
        |method: &Value| TYPES.iter().any(|known| ASKED_FIRST.contains(&known.name) && known.is(method));
    if is_asked(&method) && !registered(context, user).iter().any(is_asked) {
        let id = method["id"].as_str().unwrap_or_default().to_owned();
        context.directory.default_methods.insert(user, id);
    }
    context.directory.methods.entry(user).or_default().push(method);
}

fn told(context: &Context<'_>, user: Uuid, mut method: Value) -> Reply {
    let id = method["id"].as_str().unwrap_or_default();
    let location = format!("{}/v1.0{}/{id}", context.asked.root, context.asked.path);
    method["@odata.context"] =
        context.context(&format!("users('{user}')/authentication/phoneMethods/$entity"));
    Reply::created(method, location)
}
