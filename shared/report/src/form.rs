//! The forms of a report, and which of them a caller wants.

use std::str::FromStr;

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For programs.
    Json,
    /// For spreadsheets: RFC 4180, with a byte order mark, without which Excel takes UTF-8 for something else.
    Csv,
    /// For people: one page that needs nothing else.
    Html,
}

impl Form {
    /// All of them, the one that is preferred by nobody's choice first.
    const ALL: [Self; 3] = [Self::Json, Self::Csv, Self::Html];

    /// What `Content-Type` says of it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Html => "text/html; charset=utf-8",
        }
    }

    /// Its media type, as two words.
    fn media_type(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Csv => ("text", "csv"),
            Self::Html => ("text", "html"),
        }
    }

    /// The form that an `Accept` header likes best (RFC 9110, section 12.5.1); none if it takes none of them. Of those it
    /// likes equally, JSON comes first.
    pub fn accepted(accept: &str) -> Option<Self> {
        let ranges: Vec<Range<'_>> = accept.split(',').filter_map(Range::read).collect();
        let liked = Self::ALL.map(|form| (form, Range::liking(&ranges, form)));
        let best = liked.iter().map(|(_, liking)| *liking).max().filter(|liking| *liking > 0)?;
        liked.iter().find(|(_, liking)| *liking == best).map(|(form, _)| *form)
    }
}

impl FromStr for Form {
    type Err = ();

    /// `json`, `csv` or `html`, for those who cannot set a header, such as the address bar of a browser.
    fn from_str(text: &str) -> Result<Self, ()> {
        let called = |form: &Self| form.media_type().1.eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(called).ok_or(())
    }
}

/// One media range of an `Accept` header, with how much it is liked in thousandths.
struct Range<'a> {
    kind: &'a str,
    sort: &'a str,
    liking: u32,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, sort) = parts.next()?.split_once('/')?;
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let liking = match quality {
            None => 1000,
            Some(text) => (text.parse::<f32>().ok()?.clamp(0.0, 1.0) * 1000.0) as u32,
        };
        Some(Self { kind, sort, liking })
    }

    /// How exactly it names a form: 2 by its name, 1 by its kind, 0 as everything, or not at all.
    fn exactness(&self, form: Form) -> Option<u8> {
        let (kind, sort) = form.media_type();
        match (self.kind, self.sort) {
            ("*", "*") => Some(0),
            (ours, "*") if ours.eq_ignore_ascii_case(kind) => Some(1),
            (ours, theirs) if ours.eq_ignore_ascii_case(kind) && theirs.eq_ignore_ascii_case(sort) => Some(2),
            _ => None,
        }
    }

    /// How much a form is liked: what the range says that names it most exactly.
    fn liking(ranges: &[Self], form: Form) -> u32 {
        let naming = ranges.iter().filter_map(|range| Some((range.exactness(form)?, range.liking)));
        naming.max_by_key(|(exactness, _)| *exactness).map_or(0, |(_, liking)| liking)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_is_liked_best_is_chosen() {
        let table = [
            ("application/json", Some(Form::Json)),
            ("text/csv", Some(Form::Csv)),
            ("TEXT/HTML", Some(Form::Html)),
            ("*/*", Some(Form::Json)),
            ("text/*", Some(Form::Csv)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", Some(Form::Html)),
            ("text/csv;q=0.5, application/json;q=0.4", Some(Form::Csv)),
            ("application/json, text/plain, */*", Some(Form::Json)),
            ("text/csv;header=present;q=0.9, */*;q=0.1", Some(Form::Csv)),
            ("*/*, application/json;q=0", Some(Form::Csv)),
            ("application/pdf", None),
            ("text/html;q=0", None),
            ("text/html;q=much", None),
            ("", None),
        ];
        for (accept, form) in table {
            assert_eq!(Form::accepted(accept), form, "«{accept}»");
        }
    }

    #[test]
    fn an_address_names_a_form() {
        assert_eq!("html".parse(), Ok(Form::Html));
        assert_eq!("CSV".parse(), Ok(Form::Csv));
        assert_eq!("json".parse(), Ok(Form::Json));
        assert_eq!("xlsx".parse::<Form>(), Err(()));
    }
}
