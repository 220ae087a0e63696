//! The table of a report: each column is written down once, with its name, its kind, its meaning and its value.

use crate::cell::Cell;
use crate::money::Currency;

/// What kind of values a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers.
    Number,
    /// Amounts of one currency.
    Money(Currency),
    /// Days of the calendar.
    Date,
    /// Numbers of days, or the time that is left.
    Days,
    /// Yes and no.
    YesNo,
}

/// How much a row asks for being acted on. What asks for more comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Something should be done now.
    Act,
    /// Something should be done some day.
    Watch,
    /// All is well.
    #[default]
    Fine,
}

/// How a part of a bar looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// What is as it should be.
    Good,
    /// What could be put to better use.
    Idle,
    /// What should not be.
    Bad,
    /// What is left.
    Free,
}

/// A bar of several parts, to be looked at beside the figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    pub(crate) parts: Vec<(&'static str, i64, Tone)>,
}

impl Bar {
    /// A bar without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// A part as long as this; less than nothing is nothing.
    #[must_use]
    pub fn part(mut self, label: &'static str, amount: i64, tone: Tone) -> Self {
        self.parts.push((label, amount.max(0), tone));
        self
    }
}

/// A column: its name in JSON, its heading, its kind, and what a row has there.
pub struct Column<'a, T> {
    head: Head,
    value: Value<'a, T, Cell>,
}

type Value<'a, T, V> = Box<dyn Fn(&T) -> V + 'a>;

impl<'a, T> Column<'a, T> {
    /// A column.
    pub fn new(key: &'static str, label: &'static str, kind: Kind, value: impl Fn(&T) -> Cell + 'a) -> Self {
        Self {
            head: Head { key, label, kind, means: "", on_page: true, if_any: false },
            value: Box::new(value),
        }
    }

    /// Leaves it to programs and spreadsheets: the page tells it otherwise, or has no room.
    #[must_use]
    pub fn off_page(mut self) -> Self {
        self.head.on_page = false;
        self
    }

    /// Leaves it to programs and spreadsheets where it is nought in every row.
    #[must_use]
    pub fn if_any(mut self) -> Self {
        self.head.if_any = true;
        self
    }

    /// What it means, for the legend.
    #[must_use]
    pub fn means(mut self, means: &'static str) -> Self {
        self.head.means = means;
        self
    }
}

/// A table that is being described.
pub struct Table<'a, T> {
    caption: &'static str,
    columns: Vec<Column<'a, T>>,
    urgency: Value<'a, T, Urgency>,
    advice: Value<'a, T, String>,
    id: Value<'a, T, String>,
    link: Value<'a, T, Option<String>>,
    bar: Option<Value<'a, T, Bar>>,
}

impl<'a, T> Table<'a, T> {
    /// A table without columns.
    pub fn new(caption: &'static str) -> Self {
        Self {
            caption,
            columns: Vec::new(),
            urgency: Box::new(|_| Urgency::default()),
            advice: Box::new(|_| String::new()),
            id: Box::new(|_| String::new()),
            link: Box::new(|_| None),
            bar: None,
        }
    }

    /// Adds a column. The first one says what a row is about.
    #[must_use]
    pub fn column(mut self, column: Column<'a, T>) -> Self {
        self.columns.push(column);
        self
    }

    /// How much a row asks for being acted on.
    #[must_use]
    pub fn urgency(mut self, urgency: impl Fn(&T) -> Urgency + 'a) -> Self {
        self.urgency = Box::new(urgency);
        self
    }

    /// What to do about a row, in a sentence; empty for nothing.
    #[must_use]
    pub fn advice(mut self, advice: impl Fn(&T) -> String + 'a) -> Self {
        self.advice = Box::new(advice);
        self
    }

    /// What programs call a row, such as a part number or an object id: small on the page, and all of it that a log may hold.
    /// For JSON and CSV it is to be a column.
    #[must_use]
    pub fn id(mut self, id: impl Fn(&T) -> String + 'a) -> Self {
        self.id = Box::new(id);
        self
    }

    /// Where more is said about a row: an address that begins with `https://`, of our own making. For JSON and CSV it is to be
    /// a column.
    #[must_use]
    pub fn link(mut self, link: impl Fn(&T) -> Option<String> + 'a) -> Self {
        self.link = Box::new(link);
        self
    }

    /// A bar for each row of the page.
    #[must_use]
    pub fn bar(mut self, bar: impl Fn(&T) -> Bar + 'a) -> Self {
        self.bar = Some(Box::new(bar));
        self
    }

    /// The table with these rows; what is to be acted on comes first, and otherwise their order stays.
    pub fn rows(self, all: impl IntoIterator<Item = &'a T>) -> Rows
    where
        T: 'a,
    {
        let row = |row: &T| Row {
            urgency: (self.urgency)(row),
            advice: (self.advice)(row),
            id: (self.id)(row),
            link: (self.link)(row).filter(|link| link.starts_with("https://")),
            bar: self.bar.as_ref().map(|bar| bar(row)),
            cells: self.columns.iter().map(|column| (column.value)(row)).collect(),
        };
        let mut rows: Vec<Row> = all.into_iter().map(row).collect();
        rows.sort_by_key(|row| row.urgency);
        let heads =
            self.columns.iter().enumerate().map(|(at, column)| column.head.shown(at, &rows)).collect();
        Rows { caption: self.caption, heads, rows }
    }
}

/// A table with its rows.
#[derive(Clone, Debug)]
pub struct Rows {
    pub(crate) caption: &'static str,
    pub(crate) heads: Vec<Head>,
    pub(crate) rows: Vec<Row>,
}

/// What is said of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
    pub(crate) kind: Kind,
    pub(crate) means: &'static str,
    pub(crate) on_page: bool,
    if_any: bool,
}

impl Head {
    /// The same, not on the page if it is left to others where all is nought.
    fn shown(self, at: usize, rows: &[Row]) -> Self {
        let is_nought = || rows.iter().all(|row| row.cells.get(at) == Some(&Cell::Number(0)));
        Self { on_page: self.on_page && !(self.if_any && is_nought()), ..self }
    }

    /// Its heading, with the currency.
    pub(crate) fn heading(&self) -> String {
        match self.kind {
            Kind::Money(currency) => format!("{} ({currency})", self.label),
            _ => self.label.to_owned(),
        }
    }
}

/// A row: as many cells as the table has columns.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) urgency: Urgency,
    pub(crate) advice: String,
    pub(crate) id: String,
    pub(crate) link: Option<String>,
    pub(crate) bar: Option<Bar>,
    pub(crate) cells: Vec<Cell>,
}

impl Kind {
    /// Its name in JSON and on the page.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Money(_) => "money",
            Self::Date => "date",
            Self::Days => "days",
            Self::YesNo => "yesNo",
        }
    }
}

impl Urgency {
    /// Its name in JSON and CSV, and on the page.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Watch => "watch",
            Self::Fine => "fine",
        }
    }
}
