//! The report itself: its columns, the numbers that matter, when how much expires, and what to act on in one sentence.

use directory::credential::Kind as CredentialKind;
use graph::auth::Cloud;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use report::{Card, Cell, Column, Gap, Kind, Report, Table, Timeline, Urgency, counted, days_left, grouped};

use super::facts::{App, Case, Counts, Facts, LastUse, Place, Row};
use super::rules::{Rules, SETTING};
use super::time::{self, Crossed, Status};
use super::vaults::SETTING as VAULTS;
use super::verdict::{self, Verdict};
use super::{ROWS, whose};

/// How many months the timeline looks ahead.
const MONTHS: i32 = 12;

/// A row with what is made of it.
pub(super) struct Line<'a> {
    pub(super) app: &'a App,
    pub(super) case: &'a Case,
    pub(super) verdict: Verdict,
    tenant: Option<&'a str>,
    now: Timestamp,
    cloud: Cloud,
    rules: &'a Rules,
}

/// Makes the report.
pub(super) fn report(facts: &Facts, rules: &Rules, cloud: Cloud, now: Timestamp) -> Report {
    let lines = lines(facts, rules, cloud, now);
    let report = Report::new(super::NAME, "Credentials of applications", now, table().rows(&lines));
    let report = report.headline(headline(facts, rules)).timeline(timeline(
        &facts.counts,
        facts.read.vaults_named > 0,
        now,
    ));
    let report = cards(facts, rules).into_iter().fold(report, Report::card);
    let report = gaps(facts).into_iter().fold(report, Report::gap);
    notes(facts, rules, cloud).into_iter().fold(report, Report::note)
}

/// The rows with what is made of them, the most urgent first.
pub(super) fn lines<'a>(facts: &'a Facts, rules: &'a Rules, cloud: Cloud, now: Timestamp) -> Vec<Line<'a>> {
    let line = |Row { app, case }: &'a Row| {
        let verdict = verdict::on(app, case, rules, now);
        Line { app, case, verdict, tenant: facts.tenant.as_deref(), now, cloud, rules }
    };
    let mut lines: Vec<Line<'a>> = facts.rows.iter().map(line).collect();
    lines.sort_by_key(|line| line.verdict.rank(line.case, now));
    lines
}

fn table<'a>() -> Table<'a, Line<'a>> {
    Table::new("Credentials, with what to act on first")
        .column(text("application", "Application", |line| line.app.name.clone()).means("What it is called, or what the key vault is; the link leads to its credentials in the Microsoft Entra admin centre."))
        .column(text("kind", "Kind", |line| line.case.credential.kind.name().to_owned()).means("A secret; a certificate that the application proves itself with; one that its SAML tokens are signed with; a federated credential, which trusts another identity provider; or a certificate in a key vault."))
        .column(maybe("credential", "Credential", credential).means("What it is called, or else the first letters of the secret or the thumbprint of the certificate."))
        .column(text("status", "Status", |line| line.verdict.status.name().to_owned()).off_page())
        .column(Column::new("daysLeft", "Left", Kind::Days, left).means("The time until it ends, begun days counted; in hours below two days."))
        .column(Column::new("ends", "Ends", Kind::Date, |line: &Line<'a>| date(line.case.credential.end)).means("Its last day, in UTC."))
        .column(maybe("owners", "Owners", |line| whose::told(line.app, line.rules)).means("Who owns the application, and who of them may not sign in; or else who may know of it: its service reference, its notes, or the administrators that the rules name."))
        .column(Column::new("lastUsed", "Last used", Kind::Date, last_used).means("When the application last signed in with it. A dash: no use was noted."))
        .column(Column::new("otherValid", "Others", Kind::Number, |line: &Line<'a>| others(line)).means("How many others of the application are valid now."))
        .column(Column::new("successorEnds", "Successor ends", Kind::Date, |line: &Line<'a>| date(line.case.successor)).off_page())
        .column(Column::new("hoursLeft", "Hours left", Kind::Number, hours_left).off_page())
        .column(maybe("threshold", "Threshold", |line| line.verdict.crossed.map(threshold)).off_page())
        .column(maybe("action", "Action", |line| Some(line.verdict.action.name().to_owned())).off_page())
        .column(maybe("starts", "Starts", |line| line.case.credential.start.map(|at| at.to_string())).off_page())
        .column(maybe("endsAt", "Ends at", |line| line.case.credential.end.map(|at| at.to_string())).off_page())
        .column(Column::new("lifetimeMonths", "Lifetime in months", Kind::Number, |line: &Line<'a>| Cell::from(line.verdict.months)).off_page())
        .column(Column::new("longerThanPolicy", "Longer than the policy allows", Kind::YesNo, |line: &Line<'a>| Cell::from(line.verdict.is_too_long)).off_page())
        .column(maybe("riskyPermissions", "Permissions worth stealing", |line| joined(&line.app.risks)).off_page())
        .column(maybe("acknowledgedBy", "Acknowledged by", |line| line.case.acknowledged.as_ref().map(|known| known.by.clone())).off_page())
        .column(maybe("acknowledgedUntil", "Acknowledged until", |line| line.case.acknowledged.as_ref().map(|known| known.until.to_string())).off_page())
        .column(maybe("acknowledgedWhy", "Acknowledged because", |line| line.case.acknowledged.as_ref().map(|known| known.why.clone())).off_page())
        .column(maybe("ownersFrom", "Owners from", |line| whose::from(line.app, line.rules).map(str::to_owned)).off_page())
        .column(maybe("ownerIds", "Owner ids", |line| joined(&line.app.owners.iter().map(|owner| owner.id.to_string()).collect::<Vec<_>>())).off_page())
        .column(text("registered", "Registered here", |line| line.app.place.name().to_owned()).off_page())
        .column(Column::new("signsNow", "Signs now", Kind::YesNo, |line: &Line<'a>| Cell::from(line.case.signs_now)).off_page())
        .column(Column::new("enabled", "Enabled", Kind::YesNo, |line: &Line<'a>| Cell::from(line.app.enabled)).off_page())
        .column(Column::new("federated", "Has a federated credential", Kind::YesNo, federated).off_page())
        .column(maybe("audience", "Sign-in audience", |line| line.app.audience.clone()).off_page())
        .column(maybe("tags", "Tags", |line| joined(&line.app.tags)).off_page())
        .column(Column::new("created", "Application made", Kind::Date, |line: &Line<'a>| date(line.app.created)).off_page())
        .column(maybe("appId", "Application (client) id", |line| line.app.app_id.clone()).off_page())
        .column(maybe("objectId", "Object id", |line| line.app.id.map(|id| id.to_string())).off_page())
        .column(maybe("keyId", "Key id", |line| Some(line.case.credential.key_id.clone())).off_page())
        .column(maybe("thumbprint", "Thumbprint", |line| line.case.credential.thumbprint.clone()).off_page())
        .column(maybe("usage", "Usage", |line| line.case.credential.usage.clone()).off_page())
        .column(maybe("tenant", "Tenant", |line| line.tenant.map(str::to_owned)).off_page())
        .column(maybe("link", "Link", link).off_page())
        .urgency(|line| line.verdict.urgency)
        .advice(|line| line.verdict.advice.clone())
        .id(|line| line.case.credential.key_id.clone())
        .link(link)
}

type Lined<'a> = Column<'a, Line<'a>>;

fn text<'a>(key: &'static str, label: &'static str, value: fn(&Line<'_>) -> String) -> Lined<'a> {
    Column::new(key, label, Kind::Text, move |line: &Line<'a>| Cell::from(value(line)))
}

/// Text that need not be there.
fn maybe<'a>(key: &'static str, label: &'static str, value: fn(&Line<'_>) -> Option<String>) -> Lined<'a> {
    Column::new(key, label, Kind::Text, move |line: &Line<'a>| {
        Cell::from(value(line).filter(|text| !text.is_empty()))
    })
}

fn joined(all: &[String]) -> Option<String> {
    (!all.is_empty()).then(|| all.join(", "))
}

/// What a credential is called.
pub(super) fn credential(line: &Line<'_>) -> Option<String> {
    let credential = &line.case.credential;
    let hint = || credential.hint.as_ref().map(|hint| format!("{hint}…"));
    credential.name.clone().or_else(hint).or_else(|| credential.thumbprint.clone())
}

fn on_day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn date(at: Option<Timestamp>) -> Cell {
    Cell::from(at.map(on_day))
}

fn left(line: &Line<'_>) -> Cell {
    line.case.credential.end.map_or(Cell::None, |end| Cell::Left(time::left(end, line.now)))
}

/// When it ends, in words.
pub(super) fn when(line: &Line<'_>) -> String {
    let Some(end) = line.case.credential.end else { return "does not expire".to_owned() };
    let (left, day) = (time::left(end, line.now), verdict::day(end));
    match (left.as_hours(), days_left(left)) {
        _ if time::is_expired(end, line.now) => format!("expired on {day}"),
        (0, _) => "expires within an hour".to_owned(),
        (1, _) => format!("expires in 1 hour, on {day}"),
        (hours @ ..48, _) => format!("expires in {hours} hours, on {day}"),
        (_, days) => format!("expires in {days} days, on {day}"),
    }
}

fn hours_left(line: &Line<'_>) -> Cell {
    Cell::from(line.case.credential.end.map(|end| time::left(end, line.now).as_hours()))
}

fn last_used(line: &Line<'_>) -> Cell {
    match line.case.last_use {
        _ if !line.case.credential.kind.signs_in() => Cell::None,
        LastUse::Unknown => Cell::Unknown,
        LastUse::Never => Cell::None,
        LastUse::At(at) => Cell::from(on_day(at)),
    }
}

fn others(line: &Line<'_>) -> Cell {
    match line.case.credential.kind {
        CredentialKind::Federated | CredentialKind::KeyVault => Cell::None,
        _ => Cell::from(line.case.others),
    }
}

fn federated(line: &Line<'_>) -> Cell {
    match line.app.place {
        Place::Application => Cell::or_unknown(line.app.federated),
        Place::Enterprise | Place::Vault => Cell::None,
    }
}

/// The threshold that was crossed, in a word.
pub(super) fn threshold(crossed: Crossed) -> String {
    match crossed {
        Crossed::Days(days) => days.to_string(),
        Crossed::Expired(_) => "expired".to_owned(),
    }
}

/// Where it is seen in the Microsoft Entra admin centre. These addresses are documented nowhere, and have been so for years.
pub(super) fn link(line: &Line<'_>) -> Option<String> {
    let centre = match line.cloud {
        Cloud::Public => "https://entra.microsoft.com",
        Cloud::UsGovernment | Cloud::UsGovernmentDod => "https://entra.microsoft.us",
        Cloud::China => "https://entra.microsoftonline.cn",
    };
    let app_id = line.app.app_id.as_deref().filter(|id| id.parse::<graph::ObjectId>().is_ok())?;
    Some(if line.app.place == Place::Enterprise {
        let id = line.app.id?;
        format!("{centre}/#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/SignOn/objectId/{id}/appId/{app_id}")
    } else {
        format!(
            "{centre}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/{app_id}"
        )
    })
}

/// What to act on, in a sentence.
pub(super) fn headline(facts: &Facts, rules: &Rules) -> String {
    let counts = &facts.counts;
    let days = counted(rules.act_within_days, "day");
    let parts = [
        (counts.act_expired, "has expired".to_owned(), "have expired".to_owned()),
        (counts.act_week, "expires within 7 days".to_owned(), "expire within 7 days".to_owned()),
        (
            counts.act_later,
            format!("has to be renewed within {days}"),
            format!("have to be renewed within {days}"),
        ),
    ];
    let told = parts.iter().filter(|(number, ..)| *number > 0);
    let told: Vec<String> = told
        .map(|(number, one, many)| format!("{} {}", grouped(*number), if *number == 1 { one } else { many }))
        .collect();
    let act = match told.as_slice() {
        [] => return nothing(facts, rules),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    };
    if facts.is_whole() { act } else { format!("{act}, of what could be read") }
}

/// That nothing has to be done is said with how much was read, and only if that was all.
fn nothing(facts: &Facts, rules: &Rules) -> String {
    let read = &facts.read;
    let applications = counted(read.applications + read.enterprise, "application");
    let extent = format!("{applications} on {} read", counted(read.pages, "page"));
    if !facts.is_whole() {
        return format!("Not everything could be read; nothing has to be renewed now of {extent}");
    }
    let soon = facts.counts.of(&[Status::Today, Status::Soon]);
    match soon {
        0 => format!("Nothing expires within {}: {extent}, no errors", counted(rules.horizon(), "day")),
        _ => format!(
            "Nothing has to be renewed now; {} within {}: {extent}",
            expire(soon),
            counted(rules.horizon(), "day")
        ),
    }
}

fn expire(number: i64) -> String {
    if number == 1 { "1 expires".to_owned() } else { format!("{} expire", grouped(number)) }
}

fn cards(facts: &Facts, rules: &Rules) -> Vec<Card> {
    let counts = &facts.counts;
    let act = |number: i64| if number > 0 { Urgency::Act } else { Urgency::Fine };
    let watch = |number: i64| if number > 0 { Urgency::Watch } else { Urgency::Fine };
    let expired = counts.of(&[Status::Expired]);
    let soon = counts.of(&[Status::Today, Status::Soon]);
    let read = &facts.read;
    let mut cards = vec![
        Card::new("To act on", counts.act())
            .urgency(act(counts.act()))
            .note(format!("of {}", counted(counts.all(), "credential"))),
        Card::new("Expired", expired)
            .urgency(act(counts.act_expired))
            .note(format!("{} to act on", grouped(counts.act_expired))),
        Card::new("Expire soon", soon)
            .urgency(watch(soon))
            .note(format!("within {}", counted(rules.horizon(), "day"))),
        Card::new("Applications read", read.applications + read.enterprise)
            .note(format!("on {}", counted(read.pages, "page"))),
    ];
    if rules.longest_days.is_some() || counts.too_long > 0 {
        cards.push(
            Card::new("Good for too long", counts.too_long)
                .urgency(watch(counts.too_long))
                .note("by the policy"),
        );
    }
    if counts.known > 0 {
        cards.push(Card::new("Acknowledged", counts.known).note("somebody knows"));
    }
    cards
}

/// What expires in which month, a year ahead, and later.
fn timeline(counts: &Counts, has_vaults: bool, now: Timestamp) -> Timeline {
    const KINDS: [CredentialKind; 4] = [
        CredentialKind::Secret,
        CredentialKind::Certificate,
        CredentialKind::Signing,
        CredentialKind::KeyVault,
    ];
    const PARTS: [&str; 4] = ["secrets", "certificates", "SAML signing", "in key vaults"];
    let parts = if has_vaults { KINDS.len() } else { KINDS.len() - 1 };
    let (kinds, names) = (&KINDS[..parts], &PARTS[..parts]);
    let first = on_day(now).first_of_month();
    let months = || (0..MONTHS).filter_map(|ahead| first.checked_add(jiff::Span::new().months(ahead)).ok());
    let within: Vec<String> = months().map(|month| month.strftime("%Y-%m").to_string()).collect();
    let amount =
        |month: &str, kind| counts.months.get(month).and_then(|kinds| kinds.get(&kind)).copied().unwrap_or(0);
    let timeline = Timeline::new("What expires when", names);
    let timeline = months().zip(&within).fold(timeline, |timeline, (month, key)| {
        let amounts = kinds.iter().map(|kind| amount(key, *kind)).collect();
        timeline.span(month.strftime("%b %Y").to_string(), amounts)
    });
    let later = counts.months.keys().filter(|month| !within.contains(month));
    let later: Vec<&String> = later.collect();
    let amounts = kinds.iter().map(|kind| later.iter().map(|month| amount(month, *kind)).sum()).collect();
    timeline.span("Later", amounts)
}

fn gaps(facts: &Facts) -> Vec<Gap> {
    let gap = |unread: &super::facts::Unread| match &unread.help {
        Some(help) => Gap::new(&unread.says).help(help),
        None => Gap::new(&unread.says),
    };
    facts.unread.iter().map(gap).chain(whose::unnamed(facts)).collect()
}

/// What could not be read, in sentences.
pub(super) fn gap_texts(facts: &Facts) -> Vec<String> {
    facts.unread.iter().map(|unread| unread.says.clone()).collect()
}

fn notes(facts: &Facts, rules: &Rules, cloud: Cloud) -> Vec<String> {
    let read = &facts.read;
    let extent = format!(
        "Read: {}, {}, on {}.",
        counted(read.applications, "application"),
        counted(read.enterprise, "enterprise application"),
        counted(read.pages, "page")
    );
    let vaults = match read.vaults_named {
        0 => format!("Certificates in key vaults are not read: the app setting {VAULTS} names none."),
        named => {
            let of = if read.vaults < named { format!("{} of ", read.vaults) } else { String::new() };
            format!(
                "Read: {} in {of}{}.",
                counted(read.in_vaults, "certificate"),
                counted(named, "key vault")
            )
        }
    };
    let others = format!(
        "Left out, since their credentials are renewed for you: managed identities ({}), applications of Microsoft ({}).",
        grouped(read.managed),
        grouped(read.microsofts)
    );
    let left_out = (facts.left_out > 0).then(|| {
        format!(
            "{} less urgent are counted and not listed; with the app setting {ROWS} up to 20,000 are.",
            counted(facts.left_out, "credential")
        )
    });
    let beta = (facts.use_is_known).then(|| {
        "Uses are noted by Microsoft Graph's beta, which may change; a use of the last day may be missing.".to_owned()
    });
    let elsewhere = (cloud != Cloud::Public)
        .then(|| "When credentials were last used is told in Microsoft's worldwide cloud alone.".to_owned());
    let policy = (facts.counts.too_long == 0 && rules == &Rules::default()).then(|| {
        format!("How long a credential may be good is not checked: the app setting {SETTING} names no rules.")
    });
    [Some(extent), Some(vaults), Some(others), left_out, beta, elsewhere, policy]
        .into_iter()
        .flatten()
        .collect()
}
