//! What Contoso has bought can be called by its names.

#![cfg(test)]

use std::sync::Arc;

use directory::licence::{self, Sku};
use directory::look::Found;
use directory::{look, product};
use graph::auth::FixedToken;
use graph::stack::in_process;
use graph::{Config, Graph};
use tenant::{Options, Tenant};

const GRAPH: &str = "https://graph.microsoft.com";

async fn bought() -> Vec<Sku> {
    let tenant = Tenant::new(Options::default());
    let identity = tenant.identity_with("assign-licence", &["LicenseAssignment.Read.All"], &[]);
    let token = tenant.token(&identity, GRAPH);
    let graph =
        Graph::over(Config::new(GRAPH, Arc::new(FixedToken::new(token))), in_process(tenant.router()));
    look::list(licence::bought(), &graph).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_product_of_the_offline_tenant_has_a_name_and_is_found_by_it() {
    let skus = bought().await;
    assert!(!skus.is_empty());
    for sku in &skus {
        let name =
            product::name_of(sku.sku_id).unwrap_or_else(|| panic!("{} has no name", sku.sku_part_number));
        assert_eq!(product::find(&skus, name), Found::One(sku), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_service_plan_of_the_offline_tenant_has_a_name_and_is_found_by_it() {
    for sku in bought().await {
        for plan in &sku.service_plans {
            let known = product::names().plans.iter().any(|row| row.id == plan.service_plan_id.to_string());
            assert!(known, "{} of {} has no name", plan.service_plan_name, sku.sku_part_number);
            let name = product::plan_name(plan);
            assert_eq!(product::find_plan(&sku, name), Found::One(plan), "{name}");
        }
    }
}
