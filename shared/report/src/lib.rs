//! Reports: rows and columns, told in the form that whoever asks can use.
//!
//! A report is looked at by people, read by programs and opened in spreadsheets. It is written down once, as values with a
//! kind; what a date looks like in CSV, or an unknown figure on a page, is decided here for every report of the collection.
//!
//! ```
//! use report::{Card, Cell, Column, Form, Kind, Report, Table, Urgency};
//!
//! let stock = [("Microsoft 365 E3", 3), ("Visio Plan 2", -1)];
//! let table = Table::new("Products")
//!     .column(Column::new("product", "Product", Kind::Text, |row: &(&str, i64)| Cell::from(row.0)))
//!     .column(Column::new("free", "Free", Kind::Number, |row: &(&str, i64)| Cell::from(row.1)).means("seats left"))
//!     .urgency(|row| if row.1 < 0 { Urgency::Act } else { Urgency::Fine })
//!     .rows(&stock);
//! let report = Report::new("licences", "Licences", jiff::Timestamp::UNIX_EPOCH, table)
//!     .headline("Buy one seat of Visio Plan 2")
//!     .card(Card::new("Free", 2));
//! assert!(report.write(Form::Csv)?.ends_with("Visio Plan 2,-1,act,\r\nMicrosoft 365 E3,3,fine,\r\n"));
//! # Ok::<(), report::Error>(())
//! ```
//!
//! What is to be acted on comes first, in every form. What could not be read is *unknown* and says so: it is never a zero. A
//! report does not read anything, and does not know who may see it.

mod cell;
mod form;
mod json;
mod money;
mod page;
mod sheet;
mod table;
mod timeline;

use http::{HeaderValue, Response, header};
use jiff::Timestamp;

pub use cell::{Cell, counted, days_left, grouped};
pub use form::Form;
pub use money::{Currency, Money, NotMoney};
pub use table::{Bar, Column, Kind, Table, Tone, Urgency};
pub use timeline::Timeline;

use table::Rows;

/// A report: what to act on in one sentence, the few numbers that matter, and a table.
#[derive(Clone, Debug)]
pub struct Report {
    name: &'static str,
    title: String,
    at: Timestamp,
    headline: String,
    gaps: Vec<Gap>,
    notes: Vec<String>,
    cards: Vec<Card>,
    timeline: Option<Timeline>,
    table: Rows,
}

/// Something that could not be read, so that figures are unknown or too low.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    says: String,
    help: Option<String>,
}

/// One of the few numbers that matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    label: String,
    value: Cell,
    urgency: Urgency,
    note: Option<String>,
}

/// The report cannot be written in this form.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be written as {form:?}")]
pub struct Error {
    form: Form,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Report {
    /// A report of this name, in small letters and hyphens, with a title for people; `at` is when its figures were read.
    pub fn new(name: &'static str, title: impl Into<String>, at: Timestamp, table: Rows) -> Self {
        let (title, headline) = (title.into(), String::new());
        let (gaps, notes, cards) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, title, at, headline, gaps, notes, cards, timeline: None, table }
    }

    /// What to act on, in one sentence.
    #[must_use]
    pub fn headline(mut self, says: impl Into<String>) -> Self {
        self.headline = says.into();
        self
    }

    /// Says at the top that something could not be read.
    #[must_use]
    pub fn gap(mut self, gap: Gap) -> Self {
        self.gaps.push(gap);
        self
    }

    /// Says something that explains figures, and is no gap.
    #[must_use]
    pub fn note(mut self, says: impl Into<String>) -> Self {
        self.notes.push(says.into());
        self
    }

    /// Adds one of the few numbers that matter.
    #[must_use]
    pub fn card(mut self, card: Card) -> Self {
        self.cards.push(card);
        self
    }

    /// Shows when how much happens.
    #[must_use]
    pub fn timeline(mut self, timeline: Timeline) -> Self {
        self.timeline = Some(timeline);
        self
    }

    /// What programs call the rows that are to be acted on now.
    pub fn to_act_on(&self) -> impl Iterator<Item = &str> {
        let rows = self.table.rows.iter().filter(|row| row.urgency == Urgency::Act);
        rows.map(|row| row.id.as_str())
    }

    /// The report in this form, as UTF-8.
    ///
    /// # Errors
    /// It cannot be written; a defect of ours.
    pub fn write(&self, form: Form) -> Result<String, Error> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error { form, source };
        match form {
            Form::Json => serde_json::to_string(&json::Document(self)).map_err(|error| failed(error.into())),
            Form::Csv => sheet::write(&self.table).map_err(|error| failed(error.into())),
            Form::Html => Ok(page::write(self)),
        }
    }

    /// The report as the answer to a call: for nobody's cache, and a page may load nothing and be framed by nobody.
    ///
    /// # Errors
    /// It cannot be written; a defect of ours.
    pub fn answer(&self, form: Form) -> Result<Response<String>, Error> {
        let mut answer = Response::new(self.write(form)?);
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
        headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        let policy = format!("{}; frame-ancestors 'none'", page::policy());
        if let (Form::Html, Ok(policy)) = (form, HeaderValue::from_str(&policy)) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        if let (Form::Csv, Ok(file)) = (form, HeaderValue::from_str(&self.attachment())) {
            headers.insert(header::CONTENT_DISPOSITION, file);
        }
        Ok(answer)
    }

    /// A name to save it by.
    fn attachment(&self) -> String {
        format!("attachment; filename=\"{}-{}.csv\"", self.name, self.at.strftime("%Y-%m-%d"))
    }
}

impl Gap {
    /// This could not be read.
    pub fn new(says: impl Into<String>) -> Self {
        Self { says: says.into(), help: None }
    }

    /// What helps.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Card {
    /// A number with what it is called.
    pub fn new(label: impl Into<String>, value: impl Into<Cell>) -> Self {
        Self { label: label.into(), value: value.into(), urgency: Urgency::Fine, note: None }
    }

    /// How much it asks for being acted on.
    #[must_use]
    pub fn urgency(mut self, urgency: Urgency) -> Self {
        self.urgency = urgency;
        self
    }

    /// Says more in a few words.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}
