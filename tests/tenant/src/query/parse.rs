//! Reads a `$filter` into a tree: `or` binds weakest, then `and`, then `not`.

use uuid::Uuid;

use super::lex::{Token, words};
use crate::refusal::{Refusal, malformed};

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    /// `path op value`; operators are `eq ne gt ge lt le startswith endswith contains`.
    Compare {
        path: Vec<String>,
        operator: String,
        value: Literal,
    },
    In {
        path: Vec<String>,
        values: Vec<Literal>,
    },
    /// `path/any(name:inner)`
    Any {
        path: Vec<String>,
        name: String,
        inner: Box<Expr>,
    },
    /// `path/$count eq 0`
    Count {
        path: Vec<String>,
        operator: String,
        value: Literal,
    },
}

impl Expr {
    /// The properties it looks at, lambda names included.
    pub(crate) fn properties(&self) -> Vec<&str> {
        match self {
            Expr::And(left, right) | Expr::Or(left, right) => {
                [left.properties(), right.properties()].concat()
            }
            Expr::Not(inner) => inner.properties(),
            Expr::Compare { path, .. }
            | Expr::In { path, .. }
            | Expr::Any { path, .. }
            | Expr::Count { path, .. } => path.first().map(String::as_str).into_iter().collect(),
        }
    }
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Text(String),
    Number(f64),
    Guid(Uuid),
    Date(i64),
}

const COMPARISONS: [&str; 6] = ["eq", "ne", "gt", "ge", "lt", "le"];
const FUNCTIONS: [&str; 3] = ["startswith", "endswith", "contains"];

/// Reads a whole filter.
pub(crate) fn filter(text: &str) -> Result<Expr, Refusal> {
    let wrong =
        |at: usize| malformed(format!("Invalid filter clause: Syntax error at position {at} in '{text}'."));
    let tokens = words(text).map_err(wrong)?;
    let mut parser = Parser { tokens: &tokens, at: 0, end: text.chars().count() };
    let expr = parser.or().map_err(wrong)?;
    if parser.at < tokens.len() { Err(wrong(parser.place())) } else { Ok(expr) }
}

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    at: usize,
    end: usize,
}

/// An error is the place where the sentence goes wrong.
type Parsed<T> = Result<T, usize>;

impl Parser<'_> {
    fn or(&mut self) -> Parsed<Expr> {
        let mut left = self.and()?;
        while self.takes_word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.not()?;
        while self.takes_word("and") {
            left = Expr::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Expr> {
        if self.takes_word("not") {
            return Ok(Expr::Not(Box::new(self.not()?)));
        }
        if self.takes(&Token::Open) {
            let inner = self.or()?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        self.condition()
    }

    fn condition(&mut self) -> Parsed<Expr> {
        let word = self.word()?;
        let function = word.to_ascii_lowercase();
        if FUNCTIONS.contains(&function.as_str()) && self.peek() == Some(&Token::Open) {
            return self.function(function);
        }
        let mut path: Vec<String> = word.split('/').map(str::to_owned).collect();
        match path.last().map(String::as_str) {
            Some("any") if self.peek() == Some(&Token::Open) => {
                path.pop();
                self.lambda(path)
            }
            Some("$count") => {
                path.pop();
                let (operator, value) = (self.comparison()?, self.literal()?);
                Ok(Expr::Count { path, operator, value })
            }
            _ => self.compared(path),
        }
    }

    fn compared(&mut self, path: Vec<String>) -> Parsed<Expr> {
        if self.takes_word("in") {
            return Ok(Expr::In { path, values: self.list()? });
        }
        if !matches!(self.peek(), Some(Token::Word(word)) if COMPARISONS.contains(&word.as_str())) {
            // A bare property, as in `not accountEnabled`, is a comparison with true.
            return Ok(Expr::Compare { path, operator: "eq".into(), value: Literal::Bool(true) });
        }
        let (operator, value) = (self.comparison()?, self.literal()?);
        Ok(Expr::Compare { path, operator, value })
    }

    fn function(&mut self, operator: String) -> Parsed<Expr> {
        self.expect(&Token::Open)?;
        let path = self.word()?.split('/').map(str::to_owned).collect();
        self.expect(&Token::Comma)?;
        let value = self.literal()?;
        self.expect(&Token::Close)?;
        Ok(Expr::Compare { path, operator, value })
    }

    fn lambda(&mut self, path: Vec<String>) -> Parsed<Expr> {
        self.expect(&Token::Open)?;
        let name = self.word()?;
        self.expect(&Token::Colon)?;
        let inner = Box::new(self.or()?);
        self.expect(&Token::Close)?;
        Ok(Expr::Any { path, name, inner })
    }

    fn list(&mut self) -> Parsed<Vec<Literal>> {
        self.expect(&Token::Open)?;
        let mut values = vec![self.literal()?];
        while self.takes(&Token::Comma) {
            values.push(self.literal()?);
        }
        self.expect(&Token::Close)?;
        Ok(values)
    }

    fn comparison(&mut self) -> Parsed<String> {
        let place = self.place();
        let word = self.word()?;
        if COMPARISONS.contains(&word.as_str()) { Ok(word) } else { Err(place) }
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let place = self.place();
        let literal = match self.peek() {
            Some(Token::Text(text)) => Literal::Text(text.clone()),
            Some(Token::Number(number)) => Literal::Number(*number),
            Some(Token::Guid(guid)) => Literal::Guid(*guid),
            Some(Token::Date(date)) => Literal::Date(*date),
            Some(Token::Word(word)) => match word.as_str() {
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                "null" => Literal::Null,
                _ => return Err(place),
            },
            _ => return Err(place),
        };
        self.at += 1;
        Ok(literal)
    }

    fn word(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.place()),
        }
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        let taken = matches!(self.peek(), Some(Token::Word(word)) if word == wanted);
        self.at += usize::from(taken);
        taken
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        let taken = self.peek() == Some(wanted);
        self.at += usize::from(taken);
        taken
    }

    fn expect(&mut self, wanted: &Token) -> Parsed<()> {
        let place = self.place();
        if self.takes(wanted) { Ok(()) } else { Err(place) }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(place, _)| *place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(path: &str, value: &str) -> Box<Expr> {
        let path = vec![path.to_owned()];
        Box::new(Expr::Compare { path, operator: "eq".into(), value: Literal::Text(value.into()) })
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let expected = Expr::Or(compare("a", "1"), Box::new(Expr::And(compare("b", "2"), compare("c", "3"))));
        assert_eq!(filter("a eq '1' or b eq '2' and c eq '3'").unwrap(), expected);
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (text, place) in [("a eq", 4), ("a eq 'x' and", 12), ("(a eq 'x'", 9), ("a like 'x'", 2)] {
            let message = filter(text).unwrap_err().message;
            assert!(message.contains(&format!("position {place} ")), "{text}: {message}");
        }
    }
}
