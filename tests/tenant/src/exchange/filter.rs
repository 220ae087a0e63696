//! `-Filter`: the OPATH expressions that administration needs, `Property -eq 'value'` joined by `-and` and `-or`.
//!
//! What the real service knows beyond that (`-like`, `-gt`, a hundred more properties) is refused in its own words.

use uuid::Uuid;

use super::Context;
use super::recipient::{Recipient, of_distinguished};
use super::refusal::{Refusal, bad_filter};
use crate::state::{Directory, Link};

/// A filter, read.
#[derive(Debug, PartialEq)]
pub(super) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Is { property: Property, value: Value, negated: bool },
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Property {
    Members,
    GrantSendOnBehalfTo,
    ForwardingAddress,
    DelegateListLink,
    RecipientTypeDetails,
    Alias,
    EmailAddresses,
}

const PROPERTIES: [(&str, Property); 7] = [
    ("Members", Property::Members),
    ("GrantSendOnBehalfTo", Property::GrantSendOnBehalfTo),
    ("ForwardingAddress", Property::ForwardingAddress),
    ("DelegateListLink", Property::DelegateListLink),
    ("RecipientTypeDetails", Property::RecipientTypeDetails),
    ("Alias", Property::Alias),
    ("EmailAddresses", Property::EmailAddresses),
];

/// What is compared with.
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    /// `$null`
    Nothing,
    Text(String),
    /// The object a distinguished name stands for.
    Object(Option<Uuid>),
}

/// A piece of the text, and where it began, from one.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Quoted(String),
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(usize, Token)>,
    at: usize,
    directory: &'a Directory,
}

impl Filter {
    pub(super) fn parse(directory: &Directory, text: &str) -> Result<Filter, Refusal> {
        let tokens = tokens(text)?;
        let mut parser = Parser { text, tokens, at: 0, directory };
        let filter = parser.either()?;
        if parser.at == parser.tokens.len() { Ok(filter) } else { Err(parser.wrong()) }
    }

    /// Whether a recipient is one of those that are asked for.
    pub(super) fn fits(&self, context: &Context<'_>, recipient: &Recipient) -> bool {
        match self {
            Filter::And(one, other) => one.fits(context, recipient) && other.fits(context, recipient),
            Filter::Or(one, other) => one.fits(context, recipient) || other.fits(context, recipient),
            Filter::Is { property, value, negated } => is(*property, value, context, recipient) != *negated,
        }
    }
}

fn is(property: Property, value: &Value, context: &Context<'_>, recipient: &Recipient) -> bool {
    match value {
        Value::Text(wanted) => texts(property, context, recipient).iter().any(|text| same(text, wanted)),
        Value::Object(wanted) => wanted.is_some_and(|wanted| points_at(property, context, recipient, wanted)),
        Value::Nothing if refers(property) => references(property, context, recipient).is_empty(),
        Value::Nothing => texts(property, context, recipient).is_empty(),
    }
}

fn same(text: &str, wanted: &str) -> bool {
    let bare = |text: &str| text.split_once(':').map_or(text, |(_, bare)| bare).to_lowercase();
    bare(text) == bare(wanted)
}

fn refers(property: Property) -> bool {
    use Property::{DelegateListLink, ForwardingAddress, GrantSendOnBehalfTo, Members};
    matches!(property, Members | GrantSendOnBehalfTo | ForwardingAddress | DelegateListLink)
}

fn texts(property: Property, context: &Context<'_>, recipient: &Recipient) -> Vec<String> {
    match property {
        Property::RecipientTypeDetails => vec![recipient.details(context.view.now_ms).to_owned()],
        Property::Alias => vec![recipient.alias().to_owned()],
        _ => recipient.object.properties.texts("proxyAddresses").map(str::to_owned).collect(),
    }
}

fn points_at(property: Property, context: &Context<'_>, recipient: &Recipient, wanted: Uuid) -> bool {
    references(property, context, recipient).contains(&wanted)
}

fn references(property: Property, context: &Context<'_>, recipient: &Recipient) -> Vec<Uuid> {
    let linked =
        |link| context.directory.links.targets(link, recipient.id(), context.view).into_iter().collect();
    let mailbox = recipient.mailbox.as_ref();
    match property {
        Property::Members if recipient.is_group() => linked(Link::Member),
        Property::GrantSendOnBehalfTo => linked(Link::OnBehalf),
        Property::ForwardingAddress => {
            mailbox.and_then(|mailbox| mailbox.forwarding_address).into_iter().collect()
        }
        Property::DelegateListLink => {
            let access = mailbox.map(|mailbox| mailbox.full_access.as_slice()).unwrap_or_default();
            access.iter().filter(|access| access.auto_mapping).map(|access| access.user).collect()
        }
        _ => Vec::new(),
    }
}

impl Parser<'_> {
    fn either(&mut self) -> Result<Filter, Refusal> {
        let mut filter = self.both()?;
        while self.takes_word("-or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.both()?));
        }
        Ok(filter)
    }

    fn both(&mut self) -> Result<Filter, Refusal> {
        let mut filter = self.one()?;
        while self.takes_word("-and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, Refusal> {
        if self.peek() == Some(&Token::Open) {
            self.at += 1;
            let inner = self.either()?;
            if self.peek() != Some(&Token::Close) {
                return Err(self.wrong());
            }
            self.at += 1;
            return Ok(inner);
        }
        let property = self.property()?;
        let negated = if self.takes_word("-eq") {
            false
        } else if self.takes_word("-ne") {
            true
        } else {
            return Err(self.wrong());
        };
        Ok(Filter::Is { property, value: self.value(property)?, negated })
    }

    fn property(&mut self) -> Result<Property, Refusal> {
        let Some(Token::Word(name)) = self.peek().cloned() else { return Err(self.wrong()) };
        let known = PROPERTIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
        let Some((_, property)) = known else {
            let why = format!("\"{name}\" is not a recognized filterable property.");
            return Err(bad_filter(self.text, &why, self.position()));
        };
        self.at += 1;
        Ok(*property)
    }

    fn value(&mut self, property: Property) -> Result<Value, Refusal> {
        let text = match self.peek().cloned() {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("$null") => {
                self.at += 1;
                return Ok(Value::Nothing);
            }
            Some(Token::Quoted(text)) => text,
            _ => return Err(self.wrong()),
        };
        self.at += 1;
        if text.eq_ignore_ascii_case("$null") {
            return Ok(Value::Nothing);
        }
        if refers(property) {
            Ok(Value::Object(of_distinguished(self.directory, &text)))
        } else {
            Ok(Value::Text(text))
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let fits = matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(fits);
        fits
    }

    fn position(&self) -> usize {
        self.tokens.get(self.at).map_or(self.text.chars().count(), |(at, _)| *at)
    }

    fn wrong(&self) -> Refusal {
        bad_filter(self.text, "Invalid filter syntax.", self.position())
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Refusal> {
    let characters: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    // A script block's braces mean nothing.
    while let Some(&first) = characters.get(at) {
        let start = at;
        at += 1;
        match first {
            ' ' | '{' | '}' => {}
            '(' => tokens.push((start + 1, Token::Open)),
            ')' => tokens.push((start + 1, Token::Close)),
            '\'' | '"' => {
                let inside = quoted(&characters, &mut at, first);
                let inside = inside.ok_or_else(|| bad_filter(text, "Invalid filter syntax.", start + 1))?;
                tokens.push((start + 1, Token::Quoted(inside)));
            }
            _ => {
                while characters.get(at).is_some_and(|next| !" (){}'\"".contains(*next)) {
                    at += 1;
                }
                tokens.push((start + 1, Token::Word(characters[start..at].iter().collect())));
            }
        }
    }
    Ok(tokens)
}

/// The text up to the closing quote; a doubled quote stands for one.
fn quoted(characters: &[char], at: &mut usize, quote: char) -> Option<String> {
    let mut text = String::new();
    loop {
        let next = *characters.get(*at)?;
        *at += 1;
        if next != quote {
            text.push(next);
        } else if characters.get(*at) == Some(&quote) {
            text.push(quote);
            *at += 1;
        } else {
            return Some(text);
        }
    }
}
