//! How entries become bytes and bytes entries again, the same in every place the journal can be.
//!
//! One entry is one line, and carries an id that is made when it is written:
//!
//! ```text
//! {"id":"0199f3a4-6c1e-7d3a-9b52-3f6a1c0e8d47","entry":{"says":"block adele.vance@contoso.com"}}
//! ```
//!
//! Two things can go wrong while a line is written, and both are settled on reading, so that writing stays a single blind
//! append. A crash can leave a **torn** line: a beginning of a JSON object never parses, so it is left out, and because
//! every later block *starts* with the line break it cannot swallow the line after it. A lost reply can make a client
//! send a block **twice**: the id is there a second time, and the repetition is left out.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use crate::run::RunKey;

#[derive(Serialize, Deserialize)]
struct Line<E> {
    id: Uuid,
    entry: E,
}

/// The text of a new run: its first line.
pub(crate) fn first(entry: &Value) -> Result<Vec<u8>, Error> {
    line(entry)
}

/// The text to append for these entries.
pub(crate) fn more(entries: &[Value]) -> Result<Vec<u8>, Error> {
    let mut block = Vec::new();
    for entry in entries {
        block.push(b'\n');
        block.extend(line(entry)?);
    }
    Ok(block)
}

fn line(entry: &Value) -> Result<Vec<u8>, Error> {
    // Only of an object can one say that none of its beginnings is a value too: of 12 the beginning 1 is.
    if !entry.is_object() {
        return Err(Error::invalid("an entry of the journal must be a JSON object"));
    }
    let id = Uuid::now_v7();
    serde_json::to_vec(&Line { id, entry })
        .map_err(|source| Error::failed("an entry could not be written as JSON", source))
}

/// The entries in this text, in the order in which they were appended. `None` while there is not one: the run has begun
/// when its first line is there.
pub(crate) fn read(run: &RunKey, text: &[u8]) -> Option<Vec<Value>> {
    let mut seen = HashSet::new();
    let mut torn = 0;
    let mut entries = Vec::new();
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        match serde_json::from_slice::<Line<Value>>(line) {
            Ok(line) if seen.insert(line.id) => entries.push(line.entry),
            Ok(_) => {}
            Err(_) => torn += 1,
        }
    }
    if torn > 0 {
        let RunKey { task, run } = run;
        tracing::warn!(name: "journal.torn", %task, %run, torn, "left out lines that were not written to their end");
    }
    (!entries.is_empty()).then_some(entries)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::{RunId, TaskName};

    fn entries(text: &[u8]) -> Option<Vec<Value>> {
        let run = RunKey { task: TaskName::of("onboard-user"), run: RunId::fresh() };
        read(&run, text)
    }

    #[test]
    fn what_is_written_is_read_back_in_order() {
        let text =
            [first(&json!({"n": 1})), more(&[json!({"n": 2}), json!({"n": 3})])].map(Result::unwrap).concat();
        assert_eq!(entries(&text), Some(vec![json!({"n": 1}), json!({"n": 2}), json!({"n": 3})]));
    }

    #[test]
    fn a_block_that_arrived_twice_counts_once() {
        let block = more(&[json!({"n": 2}), json!({"n": 2})]).unwrap();
        let text = [first(&json!({"n": 1})).unwrap(), block.clone(), block].concat();
        assert_eq!(entries(&text), Some(vec![json!({"n": 1}), json!({"n": 2}), json!({"n": 2})]));
    }

    #[test]
    fn a_block_torn_anywhere_loses_only_what_was_torn() {
        let begun = first(&json!({"n": 1})).unwrap();
        let block = more(&[json!({"says": "enable Jörg's Ä"})]).unwrap();
        let after = more(&[json!({"n": 3})]).unwrap();
        for length in 0..block.len() {
            let text = [&begun, &block[..length], &after].concat();
            assert_eq!(
                entries(&text),
                Some(vec![json!({"n": 1}), json!({"n": 3})]),
                "torn after {length} bytes"
            );
        }
    }

    #[test]
    fn a_run_whose_first_line_is_not_there_has_not_begun() {
        assert_eq!(entries(b""), None);
        assert_eq!(entries(br#"{"id":"0199f3a4-6c1e"#), None);
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        for entry in [json!(12), json!("text"), json!([1]), json!(null)] {
            assert!(first(&entry).unwrap_err().is_invalid(), "{entry}");
        }
    }
}
