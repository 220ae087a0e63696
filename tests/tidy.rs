//! The shape of the collection: if you have read one function, you have read them all.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use scripts::package;
use serde_json::Value;
use tenant::{Options, Tenant};
use tower::ServiceExt;

/// The longest that a file of Rust may be before it has a second subject.
const LONGEST: usize = 500;
/// A `main` does nothing but serve.
const LONGEST_MAIN: usize = 12;
/// The sections of a function's README, in order.
const SECTIONS: [&str; 6] = ["What it does", "Asks", "Answers", "Permissions", "Cannot be undone", "Try it"];
/// What every function is tried by.
const TESTS: [&str; 6] = ["laws", "plan", "stories", "permissions", "input", "readme"];

fn root() -> PathBuf {
    scripts::root()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn json(file: &Path) -> Value {
    serde_json::from_str(&read(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every folder of functions/, with its name.
fn functions() -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(root().join("functions")).unwrap().map(|entry| entry.unwrap());
    let folders = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    let folders: BTreeMap<_, _> = folders.filter(|(_, path)| path.is_dir()).collect();
    assert!(!folders.is_empty());
    folders.into_iter().collect()
}

/// The folders of a function that are triggers.
fn triggers(function: &Path) -> Vec<(String, Value)> {
    let entries = fs::read_dir(function).unwrap().map(|entry| entry.unwrap());
    let files =
        entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path().join("function.json")));
    files.filter(|(_, file)| file.is_file()).map(|(name, file)| (name, json(&file))).collect()
}

/// Every file of Rust below a folder, build output apart.
fn rust(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_source =
        |path: &PathBuf| !path.file_name().is_some_and(|name| name == "target" || name == "node_modules");
    let below = folders.iter().filter(|path| is_source(path)).flat_map(|path| rust(path));
    let here = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    here.cloned().chain(below).collect()
}

fn is_test(file: &Path) -> bool {
    let below = file.strip_prefix(root()).unwrap();
    below.components().any(|part| part.as_os_str() == "tests")
        && !below.components().any(|part| part.as_os_str() == "src")
}

fn test_file(test: &str) -> String {
    format!("tests/{test}.rs")
}

#[test]
fn every_function_has_exactly_the_shape() {
    let own = ["Cargo.toml", "README.md", "permissions.json", "src", "tests"];
    for (name, folder) in functions() {
        let there: BTreeSet<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let triggers = triggers(&folder).into_iter().map(|(trigger, _)| trigger);
        let wanted: BTreeSet<String> = own.map(str::to_owned).into_iter().chain(triggers).collect();
        assert_eq!(there, wanted, "{name}");
        for file in ["src/main.rs", "src/lib.rs"].map(str::to_owned).into_iter().chain(TESTS.map(test_file)) {
            assert!(folder.join(&file).is_file(), "{name} has no {file}");
        }
        let stories = fs::read_dir(folder.join("tests/stories")).unwrap().count();
        assert!(stories > 0, "{name} tells no story");
    }
}

/// A function may depend on more than the others do, but on nothing less.
#[test]
fn the_manifests_of_functions_differ_in_name_description_and_further_dependencies_only() {
    let mut shapes = BTreeMap::new();
    for (name, folder) in functions() {
        let manifest = read(&folder.join("Cargo.toml"));
        assert!(
            manifest.contains(&format!("\nname = \"{name}\"\n")),
            "{name} is called otherwise in Cargo.toml"
        );
        let own = |line: &&str| line.starts_with("name = ") || line.starts_with("description = ");
        let shape = manifest.lines().filter(|line| !own(line)).map(str::to_owned).collect::<Vec<_>>();
        shapes.insert(name, shape);
    }
    let least = shapes.values().min_by_key(|shape| shape.len()).unwrap().clone();
    for (name, shape) in shapes {
        let mut common = least.iter().peekable();
        let more: Vec<String> = shape.into_iter().filter(|line| common.next_if_eq(&line).is_none()).collect();
        assert_eq!(common.next(), None, "{name} has no such line where the others have it");
        assert!(more.iter().all(|line| line.ends_with(".workspace = true")), "{name}: {more:?}");
    }
}

#[test]
fn every_function_is_described_in_the_same_six_sections() {
    for (name, folder) in functions() {
        let text = read(&folder.join("README.md"));
        let (title, rest) = text.split_once('\n').unwrap();
        let sections: Vec<&str> = rest.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!((title, sections), (format!("# {name}").as_str(), SECTIONS.to_vec()));
    }
}

#[test]
fn every_main_only_serves() {
    for (name, folder) in functions() {
        let main = read(&folder.join("src/main.rs"));
        assert!(main.lines().count() <= LONGEST_MAIN, "src/main.rs of {name} does more than serve");
        assert!(main.contains("host::serve::<"), "src/main.rs of {name} does not serve");
    }
}

#[tokio::test]
async fn every_permission_exists_is_asked_for_once_and_has_a_reason() {
    let tenant = Tenant::new(Options::default());
    let (permissions, _) = tenant.roles(&tenant.default_identity());
    let roles = directory_roles(&tenant).await;
    let kinds = [
        ("graph", "permission", &permissions),
        ("exchange", "permission", &permissions),
        ("directoryRoles", "role", &roles),
        ("keyVault", "role", &VAULT_ROLES.map(str::to_owned).to_vec()),
    ];
    for (name, folder) in functions() {
        let asked = json(&folder.join("permissions.json"));
        let mut distinct = BTreeSet::new();
        for (kind, what, known) in kinds {
            for grant in asked[kind].as_array().into_iter().flatten() {
                check_grant(&name, grant, what, known);
                assert!(distinct.insert(grant[what].as_str()), "{name} asks for {} twice", grant[what]);
            }
        }
        assert!(
            asked.as_object().unwrap().keys().all(|key| kinds.iter().any(|(kind, ..)| key == kind)),
            "{name}"
        );
        let granted = package::permissions(&name).unwrap();
        assert_eq!(granted.names().map(Some).collect::<BTreeSet<_>>(), distinct, "{name}");
    }
}

/// The roles on key vaults that are less than everything ("Azure built-in roles for Key Vault data plane operations").
const VAULT_ROLES: [&str; 6] = [
    "Key Vault Certificate User",
    "Key Vault Certificates Officer",
    "Key Vault Crypto User",
    "Key Vault Reader",
    "Key Vault Secrets Officer",
    "Key Vault Secrets User",
];

fn check_grant(function: &str, grant: &Value, what: &str, known: &[String]) {
    let named = grant[what].as_str().unwrap_or_else(|| panic!("{function}: no {what} in {grant}"));
    assert!(known.iter().any(|known| known == named), "{function}: {named} is not known");
    assert!(grant["why"].as_str().is_some_and(|why| why.len() > 10), "{function}: why {named}?");
    assert_eq!(grant.as_object().unwrap().len(), 2, "{function}: {grant}");
}

/// The directory roles that a tenant knows.
async fn directory_roles(tenant: &Tenant) -> Vec<String> {
    let token = tenant.token(&tenant.default_identity(), "https://graph.microsoft.com");
    let read = Request::get("/v1.0/roleManagement/directory/roleDefinitions?$select=displayName")
        .header("authorization", format!("Bearer {token}"));
    let answer = tenant.router().oneshot(read.body(Body::empty()).unwrap()).await.unwrap();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let page: Value = serde_json::from_slice(&body).unwrap();
    let roles = page["value"].as_array().unwrap().iter();
    roles.map(|role| role["displayName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_trigger_is_one_that_the_platform_takes() {
    for (function, folder) in functions() {
        let triggers = triggers(&folder);
        assert!(triggers.iter().any(|(_, file)| file["bindings"][0]["type"] == "httpTrigger"), "{function}");
        for (trigger, file) in triggers {
            check_trigger(&function, &trigger, &file);
        }
    }
}

/// Names and fields as in Microsoft's "Azure Functions HTTP trigger" and "Timer trigger for Azure Functions".
fn check_trigger(function: &str, trigger: &str, file: &Value) {
    let told = format!("{function}/{trigger}: {file:#}");
    assert!(is_function_name(trigger), "{told}");
    let bindings = file["bindings"].as_array().unwrap();
    let names = bindings.iter().map(|binding| binding["name"].as_str().unwrap());
    assert!(names.clone().all(is_binding_name), "{told}");
    assert_eq!(names.collect::<BTreeSet<_>>().len(), bindings.len(), "{told}");
    assert_eq!(bindings[0]["direction"], "in", "{told}");
    match bindings[0]["type"].as_str().unwrap() {
        "httpTrigger" => {
            // Proxying is for functions with one HTTP input and one HTTP output.
            let output = (bindings[1]["type"].as_str(), bindings[1]["direction"].as_str());
            assert_eq!((bindings.len(), output), (2, (Some("http"), Some("out"))), "{told}");
            assert_eq!(bindings[0]["authLevel"], "function", "{told}");
            assert_eq!(bindings[0]["route"], format!("{function}/{{*rest}}"), "{told}");
        }
        "timerTrigger" => {
            let schedule = bindings[0]["schedule"].as_str().unwrap();
            let setting = schedule.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
            let is_setting = |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            assert!(setting.is_some_and(is_setting), "a schedule is an app setting: {told}");
            assert_ne!(bindings[0]["runOnStartup"], true, "{told}");
        }
        _ => panic!("a trigger of a kind that is not used here: {told}"),
    }
}

fn is_function_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && name.len() <= 128
        && !name.eq_ignore_ascii_case("host")
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn is_binding_name(name: &str) -> bool {
    name == "$return"
        || (name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[test]
fn no_file_has_a_second_subject() {
    for file in rust(&root()).into_iter().filter(|file| !is_test(file)) {
        let lines = read(&file).lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines: what is its second subject?", file.display());
    }
}

/// The words are written with an escape, so that this file does not break its own rule.
#[test]
fn nothing_is_left_undone_and_no_test_is_switched_off() {
    let words = [
        "to\u{64}o!",
        "unimplement\u{65}d!",
        "FIX\u{4d}E",
        "[allo\u{77}(",
        "#[ignor\u{65}",
        "assert!(tru\u{65}",
    ];
    for file in rust(&root()) {
        let text = read(&file);
        let found = words.iter().filter(|word| text.contains(**word)).collect::<Vec<_>>();
        assert!(found.is_empty(), "{} says {found:?}", file.display());
    }
}

/// Where tests sleep, time is paused, so that sleeping takes none.
#[test]
fn no_test_sleeps_in_real_time() {
    for file in rust(&root()).into_iter().filter(|file| is_test(file)) {
        let text = read(&file);
        let sleeps = text.contains("slee\u{70}(");
        assert!(!sleeps || !text.contains("[tokio::tes\u{74}]"), "{} sleeps", file.display());
        assert!(!text.contains("thread::slee\u{70}"), "{} sleeps", file.display());
    }
}

#[test]
fn decisions_are_numbered_without_gaps_and_say_their_number() {
    let folder = root().join("docs/decisions");
    let names: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!names.is_empty());
    for (number, name) in (1..).zip(&names) {
        assert!(
            name.starts_with(&format!("{number:04}-")) && name.ends_with(".md"),
            "{name} should be {number:04}"
        );
        assert!(read(&folder.join(name)).starts_with("# "), "{name} has no title");
    }
}

#[test]
fn the_readme_and_a_page_for_administrators_know_every_function() {
    let readme = read(&root().join("README.md"));
    for (name, _) in functions() {
        assert!(readme.contains(&format!("(functions/{name}/README.md)")), "README.md does not name {name}");
        assert!(root().join(format!("docs/{name}.md")).is_file(), "docs/{name}.md is missing");
    }
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    let pages =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|page| root().join(page));
    let of_functions = functions().into_iter().map(|(_, folder)| folder.join("README.md"));
    for page in pages.into_iter().chain(of_functions) {
        let text = read(&page);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let ours = targets.map(|target| target.split('#').next().unwrap_or_default());
        for target in ours.filter(|target| !target.is_empty() && !target.contains("://")) {
            assert!(
                page.parent().unwrap().join(target).exists(),
                "{}: {target} is not there",
                page.display()
            );
        }
    }
}

/// One HTTP client, one TLS stack: a second of either is megabytes, a second set of roots and a second set of defects.
#[test]
fn one_http_client_and_one_tls_stack_are_linked() {
    let lock = read(&root().join("Cargo.lock"));
    let names = lock
        .split("[[package]]")
        .filter_map(|block| block.lines().find_map(|line| line.strip_prefix("name = ")));
    let names: Vec<&str> = names.map(|name| name.trim_matches('"')).collect();
    let count = |wanted: &str| names.iter().filter(|name| **name == wanted).count();
    assert_eq!((count("reqwest"), count("rustls"), count("ring")), (1, 1, 1));
    for other in ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls", "ureq", "isahc"] {
        assert_eq!(count(other), 0, "{other}");
    }
}

/// The template in the root is the only one: every app is configured alike.
#[test]
fn there_is_one_host_json() {
    for (name, folder) in functions() {
        assert!(!folder.join("host.json").exists(), "{name} has a host.json of its own");
    }
    let host = json(&root().join("host.json"));
    assert_eq!(host["customHandler"]["description"]["defaultExecutablePath"], "handler");
    assert_eq!(host["customHandler"]["enableProxyingHttpRequest"], true);
}
