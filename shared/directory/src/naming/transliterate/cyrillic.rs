//! Cyrillic as in passports, so that the address agrees with the one spelling that people carry about.
//!
//! The ground, and Russian, is ICAO Doc 9303 part 3 (`я` is `ia`, `й` is `i`, the soft sign is silent). Over it lie
//! Ukrainian by resolution 55 of the Cabinet of Ministers (2010), Bulgarian by the Transliteration Act (2009), Belarusian
//! and Macedonian by ICAO's own exceptions, and Serbian by its Latin alphabet without the marks. Letters of other languages
//! are `any_ascii`'s.

/// Reads one letter, or a group that is spelled as one, at the beginning of `rest`: its spelling and how many letters it
/// took. `None`: no letter of these.
pub(super) fn read(rest: &[char], start: bool, language: &str) -> Option<(&'static str, usize)> {
    let letter = *rest.first()?;
    let group = match (language, rest) {
        ("uk", ['з', 'г', ..]) => Some(("zgh", 2)),
        ("bg", ['и', 'я']) => Some(("ia", 2)),
        _ => None,
    };
    let own = || match language {
        "uk" => ukrainian(letter, start),
        "be" => belarusian(letter),
        "bg" => bulgarian(letter),
        "mk" => macedonian(letter),
        "sr" | "sh" | "bs" | "cnr" => serbian(letter),
        _ => None,
    };
    group.or_else(|| own().or_else(|| icao(letter)).map(|spelling| (spelling, 1)))
}

fn ukrainian(letter: char, start: bool) -> Option<&'static str> {
    Some(match (letter, start) {
        ('г', _) => "h",
        ('и', _) => "y",
        ('є', true) => "ye",
        ('ї', true) => "yi",
        ('й', true) => "y",
        ('ю', true) => "yu",
        ('я', true) => "ya",
        _ => return None,
    })
}

fn belarusian(letter: char) -> Option<&'static str> {
    Some(match letter {
        'г' => "h",
        'ё' => "io",
        _ => return None,
    })
}

fn bulgarian(letter: char) -> Option<&'static str> {
    Some(match letter {
        'й' | 'ь' => "y",
        'х' => "h",
        'щ' => "sht",
        'ъ' => "a",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    })
}

fn macedonian(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ѓ' => "gj",
        'ќ' => "kj",
        'х' => "h",
        'ц' => "c",
        'џ' => "dj",
        _ => return None,
    })
}

fn serbian(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ђ' => "dj",
        'ж' => "z",
        'х' => "h",
        'ц' | 'ч' | 'ћ' => "c",
        'ш' => "s",
        _ => return None,
    })
}

fn icao(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' | 'ѓ' => "g",
        'д' | 'ђ' => "d",
        'е' | 'ё' | 'э' => "e",
        'ж' => "zh",
        'з' => "z",
        'и' | 'й' | 'і' | 'ї' => "i",
        'к' | 'ќ' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' | 'ў' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ъ' | 'є' => "ie",
        'ы' | 'ѵ' => "y",
        'ь' => "",
        'ю' => "iu",
        'я' => "ia",
        'ѕ' | 'џ' => "dz",
        'ј' => "j",
        'љ' => "lj",
        'њ' => "nj",
        'ћ' => "c",
        _ => return None,
    })
}
