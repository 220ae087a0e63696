//! What a client is told by settings.

use std::sync::Arc;

use graph::auth::{Cloud, Settings};
use vault::Config;

use crate::mock::{Source, TENANT};

fn read(settings: &[(&'static str, &'static str)]) -> Result<Config, graph::auth::AuthError> {
    let settings: Settings = settings.iter().copied().collect();
    Config::from_settings(&settings, Arc::new(Source::default()))
}

#[test]
fn a_setting_that_will_not_do_is_named() {
    let table = [
        ("AZURE_TENANT_ID", "contoso.com"),
        ("AZURE_TENANT_ID", ""),
        ("M365_CLOUD", "germany"),
        ("AZURE_AUTHORITY_HOST", "http://login.contoso.com"),
        ("M365_VAULT_ENDPOINT", "http://vault.contoso.com"),
        ("M365_LOGIN_ENDPOINT", "127.0.0.1:8080"),
    ];
    for (name, value) in table {
        let right = ("AZURE_TENANT_ID", TENANT);
        let settings = if name == right.0 { vec![(name, value)] } else { vec![right, (name, value)] };
        let error = read(&settings).err().unwrap();
        assert!(error.is_setting() && error.to_string().starts_with(name), "{name}={value}: {error}");
    }
}

#[test]
fn without_more_than_a_tenant_it_is_the_worldwide_cloud() {
    let config = read(&[("AZURE_TENANT_ID", TENANT)]).unwrap();
    assert_eq!(
        (config.cloud, config.authority.as_str()),
        (Cloud::Public, "https://login.microsoftonline.com")
    );
    assert_eq!((config.vault_endpoint, config.login_endpoint), (None, None));
}
