//! Golden files: a story is compared with `tests/stories/<name>.txt` word for word, and written anew with `STORIES=write`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::tested::Tested;

/// Compares a story with its file, or writes the file if `STORIES=write` says so.
///
/// # Panics
///
/// They differ; the message shows where.
pub fn compare(function: Tested, name: &str, told: &str) {
    let file = function.stories().join(format!("{name}.txt"));
    if std::env::var("STORIES").as_deref() == Ok("write") {
        fs::write(&file, told).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        return;
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    let advice =
        format!("if that is right, write it anew with STORIES=write cargo test -p {}", function.name);
    let changed = difference(&kept, told);
    assert!(changed.is_none(), "{}: {}{advice}", file.display(), changed.unwrap_or_default());
}

/// Every file is one of these stories, and every story has a file.
///
/// # Panics
///
/// One is left over.
pub fn every_file_is_told(function: Tested, names: &[&str]) {
    let kept: BTreeSet<PathBuf> = function.stories_told().into_iter().collect();
    let told = names.iter().map(|name| function.stories().join(format!("{name}.txt"))).collect();
    assert_eq!(kept, told);
}

/// The lines from the first difference on; nothing if there is none.
fn difference(kept: &str, told: &str) -> Option<String> {
    if kept == told {
        return None;
    }
    let (kept, told): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), told.lines().collect());
    let same = kept.iter().zip(&told).take_while(|(one, other)| one == other).count();
    let part = |lines: &[&str], sign: char| {
        lines.iter().skip(same).take(6).map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    Some(format!(
        "it is not what happens any more, line {}:\n{}{}",
        same + 1,
        part(&kept, '-'),
        part(&told, '+')
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_differs_from_the_first_line_on_that_does() {
        let told = "# A title\n\nand more\n";
        assert_eq!(difference(told, told), None);
        let begins = "it is not what happens any more, line ";
        let table = [
            ("", "1:\n+ # A title\n+ \n+ and more\n"),
            ("# A title\n\nor less\n", "3:\n- or less\n+ and more\n"),
            ("# A title\n\nand more\nstill\n", "4:\n- still\n"),
            ("# A title\n\nand more", "4:\n"),
        ];
        for (kept, expected) in table {
            assert_eq!(difference(kept, told), Some(format!("{begins}{expected}")), "{kept}");
        }
    }
}
