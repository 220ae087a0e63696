//! Which quota a request draws on, and what it is expected to cost there.

use graph::stack::{Workload, units};
use graph::{Path, Request};
use serde_json::json;

fn get(path: &'static str) -> Request {
    Request::get(Path::new(path))
}

#[test]
fn the_workload_is_told_by_the_path_and_what_is_selected() {
    let table = [
        (get("/users/1"), Workload::Directory),
        (get("/users/1/manager"), Workload::Directory),
        (get("/groups/1/members"), Workload::Directory),
        (get("/users/1/authentication/methods"), Workload::Directory),
        (get("/users/1/mailboxSettings"), Workload::Outlook),
        (get("/users/1/calendarView"), Workload::Outlook),
        (Request::post(Path::new("/users/1/sendMail")), Workload::Outlook),
        (get("/users/1/joinedTeams"), Workload::Teams),
        (get("/teams/1/members"), Workload::Teams),
        (Request::put(Path::new("/groups/1/team")), Workload::Teams),
        (get("/users/1/drive"), Workload::SharePoint),
        (get("/drives/1/items/root"), Workload::SharePoint),
        (get("/auditLogs/signIns"), Workload::AuditLogs),
        (get("/reports/authenticationMethods/userRegistrationDetails"), Workload::AuditLogs),
        (get("/reports/appCredentialSignInActivities"), Workload::AuditLogs),
        (get("/reports/getOffice365ActiveUserDetail(period='D7')"), Workload::Reports),
        (get("/identity/conditionalAccess/policies"), Workload::Protection),
        (get("/identityProtection/riskyUsers"), Workload::Protection),
        (get("/applications").select(&["id", "keyCredentials"]), Workload::KeyCredentials),
        (Request::patch(Path::new("/applications/1")), Workload::Directory),
        (get("/users").select(&["id", "signInActivity"]), Workload::SignInActivity),
    ];
    for (request, workload) in table {
        assert_eq!(Workload::of(&request), workload, "{}", request.target());
    }
}

#[test]
fn costs_are_those_of_the_documentation() {
    let check = Request::ask(Path::new("/users/1/checkMemberGroups"), json!({"groupIds": []}));
    let table = [
        (get("/users"), 2.0),
        (get("/users").select(&["id"]), 1.0),
        (get("/users").query("$top", "5"), 1.0),
        (get("/users").query("$top", "20"), 2.0),
        (get("/users").select(&["id"]).query("$top", "5"), 1.0),
        (get("/users").query("$expand", "manager"), 3.0),
        (get("/users/1"), 1.0),
        (get("/users/1").query("$expand", "manager"), 2.0),
        (get("/users/1/memberOf"), 2.0),
        (get("/users/1/licenseDetails"), 2.0),
        (get("/groups"), 1.0),
        (get("/groups/1/members"), 3.0),
        (get("/groups/1/transitiveMembers"), 5.0),
        (get("/groups/1/transitiveMembers").select(&["id"]), 4.0),
        (get("/subscribedSkus"), 3.0),
        (check, 4.0),
        (Request::post(Path::new("/users")), 1.0),
        (Request::delete(Path::new("/groups/1/members/2/$ref")), 1.0),
        (get("/drives/1/root/permissions"), 5.0),
        (get("/auditLogs/signIns"), 1.0),
    ];
    for (request, cost) in table {
        assert_eq!(units(&request), cost, "{} {}", request.method().as_str(), request.target());
    }
}

#[test]
fn all_workloads_are_listed_in_the_order_of_their_declaration() {
    for (place, workload) in Workload::ALL.into_iter().enumerate() {
        assert_eq!(workload as usize, place, "{workload:?}");
    }
}
