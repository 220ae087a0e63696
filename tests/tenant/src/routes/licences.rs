//! Licences: what there is, who has what, handing out and taking back, directly and by group.
//!
//! Sources: "user: assignLicense" (Microsoft Graph reference) and "Resolve group license assignment problems in
//! Microsoft Entra ID". A call is all or nothing. What a group hands on to whom, and when, is [`licensing`](crate::licensing)'s
//! business.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Context, NO_OPTIONS, Reply, Route, SHORT, body, countries, get, render, write};
use crate::lag::View;
use crate::licensing::{excluding, follow, lacking, provision_mailbox, reconcile};
use crate::refusal::{Refusal, bad_request, malformed, not_found};
use crate::roles::*;
use crate::schema::SUBSCRIBED_SKU;
use crate::state::{Directory, Holding, Link, Object, Plan, Sku};

pub(super) const ROUTES: &[Route] = &[
    get("/subscribedSkus", 3, READ_LICENCES, SHORT, list_skus),
    get("/subscribedSkus/{}", 1, READ_LICENCES, SHORT, read_sku),
    get("/users/{}/licenseDetails", 2, READ_LICENCE_DETAILS, NO_OPTIONS, details),
    write("POST", "/users/{}/assignLicense", WRITE_LICENCES, assign),
    write("POST", "/users/{}/reprocessLicenseAssignment", WRITE_USERS, reprocess),
    write("POST", "/groups/{}/assignLicense", WRITE_GROUP_LICENCES, assign_to_group),
];

fn sku_json(directory: &Directory, sku: &Sku, view: View) -> Map<String, Value> {
    let status = if sku.capability_status.is_usable() { "Success" } else { "Disabled" };
    let plans: Vec<Value> = sku.service_plans.iter().map(|plan| plan_json(plan, status)).collect();
    let value = json!({
        "id": format!("{}_{}", directory.tenant_id, sku.sku_id), "skuId": sku.sku_id, "skuPartNumber": sku.sku_part_number,
        "accountId": directory.tenant_id, "accountName": "contoso", "appliesTo": sku.applies_to,
        "capabilityStatus": sku.capability_status, "consumedUnits": directory.store.consumed(sku.sku_id, view),
        "prepaidUnits": sku.prepaid_units, "servicePlans": plans, "subscriptionIds": [crate::ids::named(&sku.sku_part_number)],
    });
    value.as_object().cloned().unwrap_or_default()
}

fn plan_json(plan: &Plan, status: &str) -> Value {
    json!({
        "servicePlanId": plan.service_plan_id, "servicePlanName": plan.service_plan_name,
        "provisioningStatus": status, "appliesTo": plan.applies_to,
    })
}

fn list_skus(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let select = context.query.select.clone();
    render::check_select(&SUBSCRIBED_SKU, select.as_deref())?;
    let skus = context.directory.skus.iter().map(|sku| sku_json(context.directory, sku, context.view));
    let value: Vec<Value> = skus.map(|sku| chosen(sku, select.as_deref())).collect();
    let fragment = render::selected("subscribedSkus", select.as_deref());
    Ok(Reply::ok(json!({ "@odata.context": context.context(&fragment), "value": value })))
}

fn read_sku(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (wanted, select) = (context.param(0).plain()?, context.query.select.clone());
    render::check_select(&SUBSCRIBED_SKU, select.as_deref())?;
    let found = context
        .directory
        .skus
        .iter()
        .map(|sku| sku_json(context.directory, sku, context.view))
        .find(|sku| sku["id"] == wanted.as_str());
    let mut sku = chosen(found.ok_or_else(|| not_found(&wanted))?, select.as_deref());
    sku["@odata.context"] =
        context.context(&format!("{}/$entity", render::selected("subscribedSkus", select.as_deref())));
    Ok(Reply::ok(sku))
}

/// The selected members of something that is no directory object.
pub(super) fn chosen(mut all: Map<String, Value>, select: Option<&[String]>) -> Value {
    if let Some(names) = select {
        all.retain(|name, _| names.contains(name));
    }
    Value::Object(all)
}

fn details(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let user = context.user(0)?;
    let value: Vec<Value> = user
        .active_skus()
        .into_iter()
        .filter_map(|id| context.directory.sku(id))
        .map(|sku| detail(&user, sku))
        .collect();
    let fragment = format!("users('{}')/licenseDetails", user.id);
    Ok(Reply::ok(json!({ "@odata.context": context.context(&fragment), "value": value })))
}

fn detail(user: &Object, sku: &Sku) -> Value {
    let held = || user.licences.iter().filter(|held| held.sku == sku.sku_id && held.is_active());
    let is_on = |plan: &Plan| held().any(|held| !held.disabled.contains(&plan.service_plan_id));
    let status = |plan: &Plan| if is_on(plan) { "Success" } else { "Disabled" };
    let plans: Vec<Value> = sku.service_plans.iter().map(|plan| plan_json(plan, status(plan))).collect();
    let id = URL_SAFE_NO_PAD.encode([user.id.as_bytes().as_slice(), sku.sku_id.as_bytes()].concat());
    json!({ "id": id, "skuId": sku.sku_id, "skuPartNumber": sku.sku_part_number, "servicePlans": plans })
}

/// What `assignLicense` is asked to do.
struct Assignment {
    add: Vec<(Uuid, Vec<Uuid>)>,
    remove: Vec<Uuid>,
}

fn assignment(context: &Context<'_>) -> Result<Assignment, Refusal> {
    let body = context.action(&["addLicenses", "removeLicenses"])?;
    let list = |name: &str| match body.get(name) {
        Some(Value::Array(elements)) => Ok(elements.clone()),
        Some(_) => Err(malformed(format!("The parameter '{name}' has to be a list."))),
        None => Err(bad_request(format!(
            "One or more parameters of the operation 'assignLicense' are missing from the request payload. The missing parameters are: {name}."
        ))),
    };
    let add = list("addLicenses")?.iter().map(addition).collect::<Result<_, _>>()?;
    let remove = list("removeLicenses")?.iter().map(guid).collect::<Result<_, _>>()?;
    Ok(Assignment { add, remove })
}

fn addition(value: &Value) -> Result<(Uuid, Vec<Uuid>), Refusal> {
    let members =
        value.as_object().ok_or_else(|| malformed("An element of 'addLicenses' has to be an object."))?;
    if let Some(unknown) =
        members.keys().find(|name| !["skuId", "disabledPlans", "@odata.type"].contains(&name.as_str()))
    {
        return Err(malformed(format!(
            "The property '{unknown}' does not exist on type 'microsoft.graph.assignedLicense'. Make sure to only use property names that are defined by the type."
        )));
    }
    let disabled = members.get("disabledPlans").map(body::list).transpose()?.unwrap_or_default();
    Ok((
        guid(members.get("skuId").unwrap_or(&Value::Null))?,
        disabled.iter().map(guid).collect::<Result<_, _>>()?,
    ))
}

fn guid(value: &Value) -> Result<Uuid, Refusal> {
    let found = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
    found.ok_or_else(|| {
        malformed(format!("Cannot convert the literal '{value}' to the expected type 'Edm.Guid'."))
    })
}

fn assign(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let wanted = assignment(context)?;
    let seen = context.user(0)?;
    let mut user = context.edit(seen.id)?;
    // The country is read where the caller looks: one that was set just now may not have arrived there.
    if !wanted.add.is_empty() && !seen.text("usageLocation").is_some_and(countries::is_served) {
        return Err(bad_request("License assignment cannot be done for user with invalid usage location."));
    }
    wanted.remove.iter().try_for_each(|sku| take_back(&mut user, *sku))?;
    for (sku, disabled) in &wanted.add {
        hand_out(context.directory, &mut user, *sku, disabled, true)?;
    }
    compatible(context.directory, &user.licences)?;
    provision_mailbox(context.directory, &mut user);
    context.directory.put(user.clone());
    Ok(whole_user(context, &user))
}

fn whole_user(context: &Context<'_>, user: &Object) -> Reply {
    let mut entity = render::entity(context.directory, user, None);
    entity.insert("@odata.context".into(), context.context("users/$entity"));
    Reply::ok(Value::Object(entity))
}

fn take_back(holder: &mut Object, sku: Uuid) -> Result<(), Refusal> {
    let count = holder.licences.len();
    let inherited = holder.licences.iter().any(|held| held.sku == sku && held.by_group.is_some());
    holder.licences.retain(|held| held.sku != sku || held.by_group.is_some());
    match (holder.licences.len() < count, inherited) {
        (true, _) => Ok(()),
        (false, true) => Err(bad_request(
            "User license is inherited from a group membership and it cannot be removed directly from the user.",
        )),
        (false, false) => Err(bad_request("User does not have a corresponding license.")),
    }
}

/// Adds a direct licence, or changes what it switches off.
fn hand_out(
    directory: &Directory,
    holder: &mut Object,
    sku: Uuid,
    disabled: &[Uuid],
    takes_seat: bool,
) -> Result<(), Refusal> {
    let bought = directory.sku(sku).ok_or_else(|| {
        bad_request(format!("License {sku} does not correspond to a valid company License."))
    })?;
    if let Some(plan) =
        disabled.iter().find(|plan| !bought.service_plans.iter().any(|known| known.service_plan_id == **plan))
    {
        return Err(bad_request(format!(
            "License assignment failed because service plan {plan} is not part of license {sku}."
        )));
    }
    let has_seat = directory.live(holder.id).is_some_and(|before| before.active_skus().contains(&sku));
    if takes_seat && !has_seat && directory.consumed(sku) >= bought.prepaid_units.usable() {
        return Err(bad_request(format!(
            "Subscription with SKU {sku} does not have any available licenses."
        )));
    }
    let held = holder.licences.iter_mut().find(|held| held.sku == sku && held.by_group.is_none());
    match held {
        Some(held) if held.disabled == disabled => {}
        Some(held) => (held.disabled, held.updated_ms) = (disabled.to_vec(), directory.now_ms),
        None => holder.licences.push(Holding::new(sku, disabled.to_vec(), directory.now_ms)),
    }
    Ok(())
}

/// Refuses plans that lack what they build on, and plans that shut each other out.
fn compatible(directory: &Directory, held: &[Holding]) -> Result<(), Refusal> {
    if let Some((plan, needed)) = lacking(directory, held) {
        let message = format!(
            "License assignment failed because service plan {plan} depends on the service plan(s) {needed}"
        );
        return Err(bad_request(message));
    }
    match excluding(&directory.enabled_plans(held)) {
        None => Ok(()),
        Some((one, other)) => Err(bad_request(format!(
            "License assignment failed because service plans {one}, {other} are mutually exclusive"
        ))),
    }
}

/// Works out anew, and at once, what the user inherits: the answer is the user as it is then.
fn reprocess(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    context.action(&[])?;
    let id = context.user(0)?.id;
    reconcile(context.directory, id);
    let user = context.edit(id)?;
    Ok(whole_user(context, &user))
}

fn assign_to_group(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let wanted = assignment(context)?;
    let mut group = context.edit(context.group(0)?.id)?;
    if !group.is("securityEnabled") {
        return Err(bad_request("Licenses can only be assigned to groups that are security enabled."));
    }
    wanted.remove.iter().try_for_each(|sku| take_back(&mut group, *sku))?;
    for (sku, disabled) in &wanted.add {
        hand_out(context.directory, &mut group, *sku, disabled, false)?;
    }
    context.directory.put(group.clone());
    for member in context.directory.targets(Link::Member, group.id, context.directory.truth()) {
        follow(context.directory, member.id);
    }
    let mut entity = render::entity(context.directory, &group, None);
    entity.insert("@odata.context".into(), context.context("groups/$entity"));
    Ok(Reply { status: 202, content: super::Content::Json(Value::Object(entity)), location: None })
}
