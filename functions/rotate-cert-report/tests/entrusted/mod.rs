//! The application of the samples: it is entrusted to the function, which is made one of its owners.

use tenant::Tenant;

/// What it is called.
pub(crate) const NAME: &str = "Payroll Bridge";

/// Makes the function an owner of the application, whether or not it is registered yet.
pub(crate) fn entrusted(tenant: &Tenant) {
    let function = "rotate-cert-report";
    let identity = tenant.registered(function).unwrap_or_else(|| tenant.identity(function, &[]));
    tenant.own(&identity, &[&app_id(tenant)]).unwrap();
}

/// The id that it signs in with.
pub(crate) fn app_id(tenant: &Tenant) -> String {
    let state = tenant.state();
    let mut applications = state["applications"].as_array().into_iter().flatten();
    let found = applications.find(|application| application["displayName"] == NAME);
    found.and_then(|application| application["appId"].as_str()).unwrap().to_owned()
}
