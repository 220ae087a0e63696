use crate::client::{Answer, Client};

/// Asks with the spaces of a query encoded.
async fn get(client: &Client, path: &str) -> Answer {
    client.get(&path.replace(' ', "%20")).await
}

#[tokio::test(start_paused = true)]
async fn filters_find_who_they_describe() {
    let client = Client::new();
    let table = [
        ("startswith(displayName,'Adele')", vec!["Adele Vance"]),
        ("employeeId eq '100002'", vec!["Megan Bowen"]),
        ("userPrincipalName eq 'adelev@contoso.com'", vec!["Adele Vance"]),
        ("mail in ('AdeleV@contoso.com','MeganB@contoso.com')", vec!["Megan Bowen", "Adele Vance"]),
        ("department eq 'Legal' and jobTitle eq 'Paralegal'", vec!["Joni Sherman"]),
        ("employeeId eq '100002' or employeeId eq '100003'", vec!["Megan Bowen", "Adele Vance"]),
        ("accountEnabled eq false", vec!["Debra Berger", "Contoso Info", "Service Desk"]),
        ("userType eq 'Guest'", vec!["Brian Johnson"]),
        ("proxyAddresses/any(p:p eq 'smtp:AdeleV@contoso.onmicrosoft.com')", vec!["Adele Vance"]),
        ("assignedLicenses/any(l:l/skuId eq b05e124f-c7cc-45a0-a6aa-8cf78c946968)", vec!["Pradeep Gupta"]),
        ("displayName eq 'Besprechungsraum Z%C3%BCrich'", vec!["Besprechungsraum Zürich"]),
        ("displayName eq 'it''s nobody'", vec![]),
    ];
    for (filter, expected) in table {
        let answer = get(&client, &format!("/users?$select=displayName&$filter={filter}")).await;
        assert_eq!(answer.is(200).each("displayName"), expected, "{filter}");
    }
}

#[tokio::test(start_paused = true)]
async fn advanced_filters_need_header_and_count() {
    let client = Client::new();
    let advanced = client.eventually();
    let table = [
        ("endsWith(userPrincipalName,'onmicrosoft.com')", "endsWith", 2),
        ("userType ne 'Member'", "ne", 1),
        ("not(startswith(userPrincipalName,'a'))", "not", 26),
        ("assignedLicenses/$count eq 0", "$count", 10),
        ("usageLocation eq null", "null", 5),
    ];
    for (filter, operator, expected) in table {
        let path = format!("/users?$select=displayName&$count=true&$filter={filter}");
        let refused = get(&client, &path).await;
        let message = format!(
            "Operator '{operator}' is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information"
        );
        refused.is_refused(400, "Request_UnsupportedQuery", &message);
        let answer = get(&advanced, &path).await;
        assert_eq!(answer.is(200).body["@odata.count"], expected, "{filter}");
        get(&advanced, &path.replace("&$count=true", "")).await.is(400);
    }
    let message = "$expand is not supported together with advanced query capabilities.";
    for path in
        ["/users?$expand=manager&$count=true", "/users?$expand=manager&$search=%22displayName:adele%22"]
    {
        get(&advanced, path).await.is_refused(400, "Request_UnsupportedQuery", message);
    }
    get(&advanced, "/users?$expand=manager").await.is(200);
    get(&advanced, "/users?$expand=manager($levels=max)&$count=true").await.is(200);
}

#[tokio::test(start_paused = true)]
async fn bad_queries_are_refused_each_in_its_way() {
    let client = Client::new();
    let table = [
        (
            "/users?$filter=colour eq 'red'",
            "BadRequest",
            "Could not find a property named 'colour' on type 'microsoft.graph.user'.",
        ),
        (
            "/users?$filter=displayName like 'x'",
            "BadRequest",
            "Invalid filter clause: Syntax error at position 12 in 'displayName like 'x''.",
        ),
        (
            "/users?$filter=id eq aa1b0a2a-935f-4289-8032-a52baecab5ab",
            "BadRequest",
            "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types 'Edm.String' and 'Edm.Guid' for operator kind 'Equal'.",
        ),
        (
            "/users?$filter=startswith(department,'S')",
            "Request_UnsupportedQuery",
            "Unsupported or invalid query filter clause specified for property 'department' of resource 'User'.",
        ),
        (
            "/users?$filter=contains(displayName,'x')",
            "Request_UnsupportedQuery",
            "Unsupported or invalid query filter clause specified for property 'displayName' of resource 'User'.",
        ),
        (
            "/users?$select=colour",
            "BadRequest",
            "Parsing OData Select and Expand failed: Could not find a property named 'colour' on type 'microsoft.graph.user'.",
        ),
        (
            "/users?$top=1000",
            "Request_UnsupportedQuery",
            "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.",
        ),
        ("/users?$skip=5", "Request_BadRequest", "'$skip' is not supported by the service."),
        (
            "/users?$search=\"displayName:adele\"",
            "Request_UnsupportedQuery",
            "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
        ),
        (
            "/users?$orderby=displayName&$filter=accountEnabled eq true",
            "Request_UnsupportedQuery",
            "Sorting not supported for current query.",
        ),
        (
            "/users?$expand=displayName",
            "ExpandNotSupported",
            "Expand is not allowed for property 'displayName' according to the entity schema.",
        ),
        (
            "/users?$expand=manager,memberOf",
            "BadRequest",
            "The result of parsing $expand contained at least 2 items, but the maximum allowed is 1.",
        ),
        (
            "/subscribedSkus?$filter=skuPartNumber eq 'SPE_E5'",
            "BadRequest",
            "The query parameter '$filter' is not supported.",
        ),
    ];
    for (path, code, message) in table {
        get(&client, &path.replace('"', "%22")).await.is_refused(400, code, message);
    }
    get(&client, "/users?$select=skills").await.is_refused(
        501,
        "NotImplemented",
        "This operation target is not yet supported.",
    );
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_to_the_end_without_gap_or_double() {
    let client = Client::with(tenant::Options { users: 250, ..tenant::Options::default() });
    let (mut path, mut sizes, mut seen) =
        ("/users?$select=id".to_owned(), Vec::new(), std::collections::BTreeSet::new());
    loop {
        let page = client.get(&path).await;
        let ids: Vec<String> = page.is(200).each("id").iter().map(|id| (*id).to_owned()).collect();
        sizes.push(ids.len());
        seen.extend(ids);
        match page.body["@odata.nextLink"].as_str() {
            Some(link) => path = link.strip_prefix("https://graph.microsoft.com/v1.0").unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!((sizes, seen.len()), (vec![100, 100, 79], 279));
    client.get("/users?$skiptoken=nonsense").await.is(400);
}

#[tokio::test(start_paused = true)]
async fn lists_are_sorted_searched_and_counted() {
    let client = Client::new().eventually();
    let sorted = get(&client, "/users?$select=displayName&$orderby=displayName desc&$top=2").await;
    assert_eq!(sorted.each("displayName"), ["Service Desk", "Pradeep Gupta"]);
    let next = sorted.body["@odata.nextLink"]
        .as_str()
        .unwrap()
        .strip_prefix("https://graph.microsoft.com/v1.0")
        .unwrap();
    assert_eq!(client.get(next).await.each("displayName"), ["Patti Fernandez", "Nestor Wilke"]);
    let found = get(
        &client,
        "/users?$select=displayName&$search=%22displayName:vance%22 OR %22displayName:wil%22&$count=true",
    )
    .await;
    assert_eq!(
        (found.each("displayName"), &found.body["@odata.count"]),
        (vec!["Adele Vance", "Alex Wilber", "Nestor Wilke"], &3.into())
    );
}

#[tokio::test(start_paused = true)]
async fn contexts_name_what_was_selected() {
    let client = Client::new();
    let table = [
        ("/users", "users"),
        ("/users?$select=id,displayName", "users(id,displayName)"),
        ("/users/AdeleV@contoso.com?$select=id,mail", "users(id,mail)/$entity"),
        ("/users/AdeleV@contoso.com/memberOf", "directoryObjects"),
        ("/users/AdeleV@contoso.com/memberOf/microsoft.graph.group", "groups"),
        ("/users/AdeleV@contoso.com/manager", "directoryObjects/$entity"),
        ("/subscribedSkus", "subscribedSkus"),
        ("/organization", "organization"),
    ];
    for (path, fragment) in table {
        let expected = format!("https://graph.microsoft.com/v1.0/$metadata#{fragment}");
        assert_eq!(client.get(path).await.is(200).body["@odata.context"], expected, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn managers_expand_level_by_level_with_the_header() {
    let client = Client::new();
    let path = "/users?$filter=employeeId%20eq%20'100004'&$select=id&$expand=manager($levels=max;$select=displayName)";
    client.get(path).await.is(400);
    let answer = client.eventually().get(path).await;
    let manager = &answer.is(200).body["value"][0]["manager"];
    assert_eq!(
        (&manager["displayName"], &manager["manager"]["manager"]["displayName"]),
        (&"Megan Bowen".into(), &"Patti Fernandez".into())
    );
}
