//! A report like those that are written, and one of a tenant that means harm.

use jiff::Timestamp;
use report::{Bar, Card, Cell, Column, Currency, Gap, Kind, Money, Report, Table, Tone, Urgency};

/// A product: its name, part number, bought, in use, idle, price in hundredths, days until none is left.
pub(crate) struct Product {
    name: &'static str,
    part_number: &'static str,
    bought: i64,
    used: i64,
    idle: Option<i64>,
    price: Option<i64>,
    days: Option<i64>,
}

const fn product(
    name: &'static str,
    part_number: &'static str,
    [bought, used]: [i64; 2],
    idle: Option<i64>,
    price: Option<i64>,
    days: Option<i64>,
) -> Product {
    Product { name, part_number, bought, used, idle, price, days }
}

const PRODUCTS: [Product; 6] = [
    product("Microsoft 365 E3", "SPE_E3", [1_250, 1_204], Some(37), Some(3_600), Some(62)),
    product("Microsoft 365 E5", "SPE_E5", [120, 118], Some(9), Some(5_700), Some(4)),
    product("Office 365 E1", "STANDARDPACK", [300, 122], Some(0), Some(1_000), None),
    product("Power BI Pro", "POWER_BI_PRO", [50, 41], None, None, Some(200)),
    product("Visio Plan 2", "VISIOCLIENT", [25, 27], Some(6), Some(1_500), Some(0)),
    product("Microsoft Teams Rooms Pro", "Microsoft_Teams_Rooms_Pro", [10, 0], Some(0), Some(4_000), None),
];

const HOSTILE: [Product; 4] = [
    product(
        "<script>document.title='taken'</script>",
        "\"><img src=x onerror=\"document.title='taken'\">",
        [3, 1],
        Some(1),
        Some(1),
        None,
    ),
    product(
        "=HYPERLINK(\"http://contoso.com\",\"look\")",
        "' onmouseover='document.title=1",
        [3, 2],
        None,
        None,
        Some(1),
    ),
    product(
        "</script><style>*{display:none}</style>",
        "</style><meta http-equiv=refresh content='0;url=/x'>",
        [3, 3],
        Some(-1),
        None,
        None,
    ),
    product("a,b;\r\n\"@SUM(1)\"", "{{7*7}} ${7*7} \u{202e}evil", [3, 4], None, None, None),
];

fn urgency(product: &Product) -> Urgency {
    match (product.bought - product.used, product.idle) {
        (free, _) if free < 0 => Urgency::Act,
        (_, Some(idle)) if idle > 5 => Urgency::Watch,
        _ => Urgency::Fine,
    }
}

fn advice(product: &Product) -> String {
    match urgency(product) {
        Urgency::Act => format!("Buy {} seats, or take as many back.", product.used - product.bought),
        Urgency::Watch => "Take back the seats of accounts that nobody uses.".to_owned(),
        Urgency::Fine => String::new(),
    }
}

fn report(title: &str, headline: &str, products: &'static [Product]) -> Report {
    let chf: Currency = "CHF".parse().unwrap();
    let cost = move |product: &Product| {
        Cell::from(product.price.map(|price| Money::new(price, chf).times(product.bought)))
    };
    let table = Table::new("Products, with what to act on first")
        .column(
            Column::new("product", "Product", Kind::Text, |row: &Product| Cell::from(row.name))
                .means("what Microsoft calls it"),
        )
        .column(
            Column::new("bought", "Bought", Kind::Number, |row: &Product| Cell::from(row.bought))
                .means("seats in good order"),
        )
        .column(
            Column::new("used", "In use", Kind::Number, |row: &Product| Cell::from(row.used))
                .means("seats that are assigned"),
        )
        .column(
            Column::new("free", "Free", Kind::Number, |row: &Product| Cell::from(row.bought - row.used))
                .means("seats left"),
        )
        .column(
            Column::new("idle", "Inactive", Kind::Number, |row: &Product| Cell::or_unknown(row.idle))
                .means("seats of accounts that nobody uses"),
        )
        .column(Column::new("cost", "Cost a month", Kind::Money(chf), cost).means("what all seats cost"))
        .column(Column::new("days", "Runs out in", Kind::Days, |row: &Product| {
            row.days.map_or(Cell::None, Cell::Days)
        }))
        .urgency(urgency)
        .advice(advice)
        .id(|row| row.part_number.to_owned())
        .bar(|row| {
            let idle = row.idle.unwrap_or_default();
            let bar = Bar::new().part("in use", row.used.min(row.bought) - idle, Tone::Good).part(
                "inactive",
                idle,
                Tone::Idle,
            );
            bar.part("too many", row.used - row.bought, Tone::Bad).part(
                "free",
                row.bought - row.used,
                Tone::Free,
            )
        })
        .rows(products);
    Report::new("licences", title, "2026-03-02T08:00:00Z".parse::<Timestamp>().unwrap(), table)
        .headline(headline)
        .card(Card::new("Bought", 1_755).note("6 products"))
        .card(Card::new("Short of", 2).urgency(Urgency::Act).note("Visio Plan 2"))
        .card(Card::new("Inactive", 52).urgency(Urgency::Watch).note("for 90 days or longer"))
        .card(Card::new("Could be saved", Money::new(193_500, chf)).note("a month"))
}

pub(crate) fn licences() -> Report {
    report(
        "Licences",
        "Visio Plan 2 is short of 2 seats; 52 seats worth CHF 1,935 a month are idle",
        &PRODUCTS,
    )
    .gap(Gap::new("Who uses Power BI Pro could not be read.").help("Ask again in a minute."))
    .note("Prices are those of the price list; Power BI Pro is not on it.")
}

pub(crate) fn hostile() -> Report {
    report(
        "<b>Licences</b></title><script>document.title='taken'</script>",
        "<img src=x onerror=\"document.title='taken'\">",
        &HOSTILE,
    )
    .gap(Gap::new("<svg onload=\"document.title='taken'\">").help("javascript:alert(1)"))
    .note("<iframe src='/x'></iframe><a href='javascript:alert(1)'>x</a>")
}
