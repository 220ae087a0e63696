//! What cmdlets of Exchange Online answer: rows, even where there is one thing to tell.
//!
//! "Not there" is an answer, as in [`look`](crate::look). Rows are read with tolerance: what comes as null, as the word
//! `False`, or as words with commas between them, may come otherwise tomorrow, since none of it is documented. What is
//! missing although it must be there is an error all the same.

use exchange::{Cmdlet, Exchange};
use graph::{Error, Refusal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::look::Found;

/// How many rows may be asked for: nobody is in more lists, or holds rights on more mailboxes, than this.
const MOST: usize = 10_000;

/// The row of one object, or none if Exchange Online has not found it.
pub async fn one<T: DeserializeOwned>(read: Cmdlet, exchange: &dyn Exchange) -> Result<Found<T>, Error> {
    match list(read, exchange).await {
        Err(error) if error.is(Refusal::NotFound) => Ok(Found::None),
        rows => rows.map(Found::of),
    }
}

/// All rows, page by page.
pub async fn list<T: DeserializeOwned>(read: Cmdlet, exchange: &dyn Exchange) -> Result<Vec<T>, Error> {
    let rows = exchange::all(exchange, read, MOST).await?;
    rows.into_iter().map(|row| serde_json::from_value(row).map_err(unreadable)).collect()
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::failed("a row of Exchange Online does not have the shape it should have", Some(error.into()))
}

/// Null is nothing.
pub(crate) fn or_nothing<'de, D, T>(row: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(row)?.unwrap_or_default())
}

/// An empty text is none.
pub(crate) fn text<'de, D: Deserializer<'de>>(row: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(row)?.filter(|text| !text.trim().is_empty()))
}

/// A switch, or the word for one; null is off.
pub(crate) fn switch<'de, D: Deserializer<'de>>(row: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        Switch(bool),
        Word(String),
    }
    match Option::deserialize(row)? {
        None => Ok(false),
        Some(Told::Switch(on)) => Ok(on),
        Some(Told::Word(word)) => word.to_ascii_lowercase().parse().map_err(serde::de::Error::custom),
    }
}

/// A list of words, or a text with commas between them.
pub(crate) fn words<'de, D: Deserializer<'de>>(row: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Option::deserialize(row)? {
        None => Vec::new(),
        Some(Told::List(words)) => words,
        Some(Told::Text(text)) => text.split(',').map(|word| word.trim().to_owned()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;
    use graph::Response;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        #[serde(default, deserialize_with = "text")]
        name: Option<String>,
        #[serde(default, deserialize_with = "switch")]
        deny: bool,
        #[serde(default, deserialize_with = "words")]
        rights: Vec<String>,
        #[serde(default, deserialize_with = "or_nothing")]
        holds: Vec<String>,
    }

    #[test]
    fn rows_are_read_with_tolerance() {
        let bare = || Row { name: None, deny: false, rights: vec![], holds: vec![] };
        let rights = vec!["FullAccess".to_owned(), "ReadPermission".to_owned()];
        let table = [
            (json!({}), bare()),
            (json!({"Name": null, "Deny": null, "Rights": null, "Holds": null}), bare()),
            (json!({"Name": " ", "Deny": "False", "Holds@odata.type": "#Collection(String)"}), bare()),
            (json!({"Name": "A", "Deny": "True"}), Row { name: Some("A".into()), deny: true, ..bare() }),
            (json!({"Deny": true}), Row { deny: true, ..bare() }),
            (json!({"Rights": rights}), Row { rights: rights.clone(), ..bare() }),
            (json!({"Rights": "FullAccess, ReadPermission"}), Row { rights, ..bare() }),
        ];
        for (told, row) in table {
            assert_eq!(serde_json::from_value::<Row>(told.clone()).unwrap(), row, "{told}");
        }
        assert!(serde_json::from_value::<Row>(json!({"Deny": "perhaps"})).is_err());
    }

    /// Answers everything alike.
    struct Says(u16, Value);

    impl Exchange for Says {
        fn send(&self, _: Cmdlet) -> BoxFuture<'_, Result<Response, Error>> {
            let answer = Response { status: self.0, headers: Default::default(), body: self.1.clone() };
            let refused = || {
                let refusal = Refusal::of_exchange(self.1.as_str().unwrap_or_default(), "");
                Error::refused_as(&answer, String::new(), "no", refusal)
            };
            let answer = if answer.is_success() { Ok(answer.clone()) } else { Err(refused()) };
            Box::pin(async { answer })
        }

        fn bulk(&self) -> std::sync::Arc<dyn Exchange> {
            std::sync::Arc::new(Self(self.0, self.1.clone()))
        }
    }

    #[tokio::test]
    async fn not_there_is_an_answer_and_not_to_be_read_is_none() {
        let row = || json!({"Name": "A"});
        let a = || Row { name: Some("A".into()), deny: false, rights: vec![], holds: vec![] };
        let table = [
            (Says(200, json!({"value": [row()]})), Some(Found::One(a()))),
            (Says(200, json!({"value": []})), Some(Found::None)),
            (Says(200, json!({"value": [row(), row()]})), Some(Found::Many(vec![a(), a()]))),
            (Says(400, json!("ManagementObjectNotFoundException")), Some(Found::None)),
            (Says(400, json!("CmdletAccessDeniedException")), None),
            (Says(404, json!("")), None),
            (Says(200, json!({"value": [{"Deny": "perhaps"}]})), None),
        ];
        for (exchange, found) in table {
            let told = one::<Row>(Cmdlet::new("Get-Mailbox"), &exchange).await.ok();
            assert_eq!(told, found, "{}", exchange.1);
        }
    }
}
