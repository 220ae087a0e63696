//! One object of the directory: an identifier, a kind and the properties that were set.
//!
//! Values that follow from something else (`assignedLicenses`, `assignedPlans`) are not kept, they are worked out when
//! they are read.

use serde_json::Value;
use uuid::Uuid;

use super::changes::Stamps;
use super::credential::Credentials;
use crate::schema::{self, Schema};

/// The kinds of object the tenant knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    User,
    Group,
    DirectoryRole,
    AdministrativeUnit,
    Device,
    Application,
    ServicePrincipal,
    AppRoleAssignment,
    PermissionGrant,
    RoleDefinition,
    RoleAssignment,
    RoleEligibility,
    ManagedDevice,
}

impl Kind {
    /// What `directoryObjects` has: one key for all of them, and a type in every list.
    pub(crate) const DIRECTORY: [Kind; 7] = [
        Kind::User,
        Kind::Group,
        Kind::DirectoryRole,
        Kind::AdministrativeUnit,
        Kind::Device,
        Kind::Application,
        Kind::ServicePrincipal,
    ];
    /// What a state has lists of, in its order. Of role definitions it has those that are not Microsoft's, of role assignments
    /// those that are no membership.
    pub(crate) const KEPT: [Kind; 13] = [
        Kind::User,
        Kind::Group,
        Kind::DirectoryRole,
        Kind::AdministrativeUnit,
        Kind::Device,
        Kind::Application,
        Kind::ServicePrincipal,
        Kind::AppRoleAssignment,
        Kind::PermissionGrant,
        Kind::RoleDefinition,
        Kind::RoleAssignment,
        Kind::RoleEligibility,
        Kind::ManagedDevice,
    ];

    pub(crate) fn schema(self) -> &'static Schema {
        match self {
            Kind::User => &schema::USER,
            Kind::Group => &schema::GROUP,
            Kind::DirectoryRole => &schema::DIRECTORY_ROLE,
            Kind::AdministrativeUnit => &schema::ADMINISTRATIVE_UNIT,
            Kind::Device => &schema::DEVICE,
            Kind::Application => &schema::APPLICATION,
            Kind::ServicePrincipal => &schema::SERVICE_PRINCIPAL,
            Kind::AppRoleAssignment => &schema::APP_ROLE_ASSIGNMENT,
            Kind::PermissionGrant => &schema::PERMISSION_GRANT,
            Kind::RoleDefinition => &schema::ROLE_DEFINITION,
            Kind::RoleAssignment => &schema::ROLE_ASSIGNMENT,
            Kind::RoleEligibility => &schema::ROLE_ELIGIBILITY,
            Kind::ManagedDevice => &schema::MANAGED_DEVICE,
        }
    }

    pub(crate) fn is_directory_object(self) -> bool {
        Kind::DIRECTORY.contains(&self)
    }

    /// `#microsoft.graph.user`
    pub(crate) fn odata_type(self) -> String {
        format!("#microsoft.graph.{}", self.schema().name)
    }

    /// `users`: the collection as addresses and contexts name it.
    pub(crate) fn collection(self) -> &'static str {
        match self {
            Kind::User => "users",
            Kind::Group => "groups",
            Kind::DirectoryRole => "directoryRoles",
            Kind::AdministrativeUnit => "administrativeUnits",
            Kind::Device => "devices",
            Kind::Application => "applications",
            Kind::ServicePrincipal => "servicePrincipals",
            Kind::AppRoleAssignment => "appRoleAssignments",
            Kind::PermissionGrant => "oauth2PermissionGrants",
            Kind::RoleDefinition => "roleDefinitions",
            Kind::RoleAssignment => "roleAssignments",
            Kind::RoleEligibility => "roleEligibilityScheduleInstances",
            Kind::ManagedDevice => "managedDevices",
        }
    }

    /// The kind of directory object a cast segment such as `microsoft.graph.group` names.
    pub(crate) fn of_cast(segment: &str) -> Option<Kind> {
        let name = segment.strip_prefix("microsoft.").unwrap_or(segment).strip_prefix("graph.")?;
        Kind::DIRECTORY.into_iter().find(|kind| kind.schema().name == name)
    }
}

/// Properties that were set, by name. Null is not kept: what is not here is null.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Properties(Vec<(&'static str, Value)>);

impl Properties {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.place(name).ok().and_then(|at| self.0.get(at)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// Sets a property; null takes it away. Names that no schema knows are never kept.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        let value = value.into();
        match (self.place(name), value.is_null()) {
            (Ok(at), true) => drop(self.0.remove(at)),
            (Ok(at), false) => self.0[at].1 = value,
            (Err(_), true) => {}
            (Err(at), false) => self.0.insert(at, (name, value)),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    pub(crate) fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| (*known).cmp(name))
    }
}

/// One licence somebody holds, directly or through a group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Holding {
    pub(crate) sku: Uuid,
    pub(crate) disabled: Vec<Uuid>,
    pub(crate) by_group: Option<Uuid>,
    /// `CountViolation` and its like: what the group hands on could not be handed on.
    pub(crate) error: Option<String>,
    /// In effect in spite of its error, as it was before: it could not be changed, or not be taken back.
    pub(crate) kept: bool,
    pub(crate) updated_ms: i64,
}

impl Holding {
    /// A direct licence.
    pub(crate) fn new(sku: Uuid, disabled: Vec<Uuid>, updated_ms: i64) -> Self {
        Self { sku, disabled, by_group: None, error: None, kept: false, updated_ms }
    }

    /// Whether it is in effect, and takes a seat.
    pub(crate) fn is_active(&self) -> bool {
        self.error.is_none() || self.kept
    }

    /// Whether both are the same SKU from the same group.
    pub(crate) fn is_of(&self, other: &Holding) -> bool {
        self.sku == other.sku && self.by_group == other.by_group
    }
}

/// One object of the directory.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    /// When it was soft-deleted, in milliseconds since 1970.
    pub(crate) deleted_ms: Option<i64>,
    pub(crate) properties: Properties,
    /// What a user holds, or what a group hands on to its members.
    pub(crate) licences: Vec<Holding>,
    /// What an application proves itself with.
    pub(crate) credentials: Credentials,
    /// When a user came and what changed since; the store's to set.
    pub(crate) stamps: Stamps,
}

impl Object {
    pub(crate) fn new(id: Uuid, kind: Kind) -> Self {
        Self {
            id,
            kind,
            deleted_ms: None,
            properties: Properties::default(),
            licences: Vec::new(),
            credentials: Credentials::default(),
            stamps: Stamps::default(),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.deleted_ms.is_none()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.properties.text(name)
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.properties.is(name)
    }

    pub(crate) fn is_synced(&self) -> bool {
        self.is("onPremisesSyncEnabled")
    }

    pub(crate) fn has_group_type(&self, name: &str) -> bool {
        self.properties.texts("groupTypes").any(|kind| kind == name)
    }

    /// SKUs in effect, each once, with the plans that are switched off: what one assignment switches off another may
    /// switch on.
    pub(crate) fn licences_in_effect(&self) -> Vec<(Uuid, &[Uuid])> {
        let in_effect =
            |sku: Uuid| self.licences.iter().filter(move |held| held.sku == sku && held.is_active());
        let disabled =
            |sku| in_effect(sku).map(|held| held.disabled.as_slice()).min_by_key(|plans| plans.len());
        self.active_skus().into_iter().map(|sku| (sku, disabled(sku).unwrap_or_default())).collect()
    }

    /// SKUs in effect, each once.
    pub(crate) fn active_skus(&self) -> Vec<Uuid> {
        let mut skus: Vec<Uuid> =
            self.licences.iter().filter(|held| held.is_active()).map(|held| held.sku).collect();
        skus.sort_unstable();
        skus.dedup();
        skus
    }
}
