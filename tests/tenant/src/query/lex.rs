//! Cuts a `$filter` into words. Quotes are doubled inside texts; everything else is bare.

use uuid::Uuid;

use crate::clock;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A name, a path, an operator.
    Word(String),
    /// `'...'`, with doubled quotes undone.
    Text(String),
    Number(f64),
    Guid(Uuid),
    /// Milliseconds since 1970.
    Date(i64),
    Open,
    Close,
    Comma,
    Colon,
}

/// The words of a filter, each with its place. An error is the place where no word can be made out.
pub(crate) fn words(filter: &str) -> Result<Vec<(usize, Token)>, usize> {
    let characters: Vec<char> = filter.chars().collect();
    let (mut at, mut tokens) = (0, Vec::new());
    while let Some(character) = characters.get(at).copied() {
        let (token, next) = match character {
            ' ' | '\t' => {
                at += 1;
                continue;
            }
            '(' => (Token::Open, at + 1),
            ')' => (Token::Close, at + 1),
            ',' => (Token::Comma, at + 1),
            ':' => (Token::Colon, at + 1),
            '\'' => quoted(&characters, at)?,
            _ => bare(&characters, at)?,
        };
        tokens.push((at, token));
        at = next;
    }
    Ok(tokens)
}

fn quoted(characters: &[char], start: usize) -> Result<(Token, usize), usize> {
    let (mut text, mut at) = (String::new(), start + 1);
    loop {
        match (characters.get(at), characters.get(at + 1)) {
            (Some('\''), Some('\'')) => {
                text.push('\'');
                at += 2;
            }
            (Some('\''), _) => return Ok((Token::Text(text), at + 1)),
            (Some(character), _) => {
                text.push(*character);
                at += 1;
            }
            (None, _) => return Err(start),
        }
    }
}

fn bare(characters: &[char], start: usize) -> Result<(Token, usize), usize> {
    let is_date = |word: &str| word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('T');
    let (mut word, mut at) = (String::new(), start);
    while let Some(character) = characters.get(at).copied() {
        let of_a_word = character.is_alphanumeric() || "_-./$@".contains(character);
        let of_a_date = is_date(&word) && ":+".contains(character);
        if !(of_a_word || of_a_date) {
            break;
        }
        word.push(character);
        at += 1;
    }
    if word.is_empty() { Err(start) } else { Ok((classified(word), at)) }
}

fn classified(word: String) -> Token {
    let guid = (word.len() == 36).then(|| Uuid::try_parse(&word).ok()).flatten();
    if let Some(guid) = guid {
        return Token::Guid(guid);
    }
    if !word.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return Token::Word(word);
    }
    let date = clock::read(&word).map(Token::Date);
    date.or_else(|| word.parse().ok().map(Token::Number)).unwrap_or(Token::Word(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_quote_is_one_quote() {
        let tokens = words("displayName eq 'it''s'").unwrap();
        assert_eq!(tokens[2].1, Token::Text("it's".into()));
    }

    #[test]
    fn a_lambda_and_a_date_both_use_colons() {
        let lambda: Vec<Token> =
            words("any(u:u/skuId").unwrap().into_iter().map(|(_, token)| token).collect();
        assert_eq!(lambda[2..5], [Token::Word("u".into()), Token::Colon, Token::Word("u/skuId".into())]);
        assert_eq!(words("2026-01-01T00:00:00Z").unwrap()[0].1, Token::Date(1_767_225_600_000));
    }

    #[test]
    fn an_open_quote_is_an_error_where_it_opens() {
        assert_eq!(words("a eq 'b"), Err(5));
    }
}
