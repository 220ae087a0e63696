//! Tables of given names and family names as they are met, by script and language.

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::super::PersonName;
use super::{has_unknown_reading, words};

/// Every name comes out as expected, composed and decomposed, in lower and upper case.
#[track_caller]
fn assert_spelled(language: &str, table: &[(&str, &str)]) {
    for (name, expected) in table {
        let spelled = |name: &str| words(name, Some(language)).join(" ");
        assert_eq!(spelled(name), *expected, "{name} in {language:?}");
        let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(name);
        assert_eq!(spelled(&decomposed), *expected, "{name} decomposed in {language:?}");
        assert_eq!(spelled(&name.to_uppercase()), *expected, "{name} in capitals in {language:?}");
    }
}

#[test]
fn an_umlaut_is_two_letters_in_german_and_one_elsewhere() {
    assert_spelled("de-CH", &[("Jürg", "juerg"), ("Möller", "moeller"), ("Jäger-Weiß", "jaeger-weiss")]);
    assert_spelled("sv-SE", &[("Björn", "bjorn"), ("Åkesson", "akesson"), ("Märta", "marta")]);
    assert_spelled("fi", &[("Väinö", "vaino"), ("Hämäläinen", "hamalainen")]);
    assert_spelled("hu", &[("Györgyi", "gyorgyi"), ("Szőke", "szoke"), ("Fűzfa", "fuzfa")]);
    assert_spelled("", &[("Müller", "muller"), ("Groß", "gross")]);
}

#[test]
fn danes_and_norwegians_write_two_letters_for_their_own_three() {
    let table = [("Søren", "soeren"), ("Kjær", "kjaer"), ("Aagaard", "aagaard"), ("Håkon", "haakon")];
    for language in ["da-DK", "nb-NO", "nn", "no"] {
        assert_spelled(language, &table);
    }
    assert_spelled("en", &[("Søren", "soren"), ("Håkon", "hakon"), ("Kjær", "kjaer")]);
}

#[test]
fn latin_letters_lose_their_marks() {
    assert_spelled("tr", &[("Işıl", "isil"), ("İbrahim", "ibrahim"), ("Doğan", "dogan"), ("Çağrı", "cagri")]);
    assert_spelled("pl", &[("Łukasz", "lukasz"), ("Wąchała", "wachala"), ("Żółć", "zolc")]);
    assert_spelled("vi", &[("Nguyễn", "nguyen"), ("Văn Đức", "van duc"), ("Thị Hường", "thi huong")]);
    assert_spelled(
        "is",
        &[("Þóra", "thora"), ("Guðrún", "gudrun"), ("Æsa", "aesa"), ("Ögmundur", "ogmundur")],
    );
    assert_spelled("fr", &[("François", "francois"), ("Œuvrard", "oeuvrard"), ("Anaïs", "anais")]);
    assert_spelled("es", &[("Muñoz", "munoz"), ("José", "jose")]);
    assert_spelled("pt", &[("João", "joao"), ("Gonçalves", "goncalves")]);
    assert_spelled("cs", &[("Dvořák", "dvorak"), ("Žofie", "zofie"), ("Štěpán", "stepan")]);
    assert_spelled("ro", &[("Ștefan", "stefan"), ("Țăran", "taran"), ("Ioniță", "ionita")]);
    assert_spelled("lv", &[("Bērziņš", "berzins"), ("Ķirsis", "kirsis")]);
    assert_spelled("hr", &[("Đurić", "duric"), ("Krešimir", "kresimir")]);
    assert_spelled("sr-Latn", &[("Đurić", "djuric"), ("Živković", "zivkovic")]);
    assert_spelled("az", &[("Əliyev", "aliyev"), ("Məmmədov", "mammadov")]);
    assert_spelled("mt", &[("Ħalim", "halim"), ("Ġorġ", "gorg")]);
    assert_spelled("cy", &[("Siôn", "sion"), ("Ŵyn", "wyn")]);
}

#[test]
fn greek_follows_its_passports() {
    assert_spelled(
        "el-GR",
        &[
            ("Παπαδοπουλος", "papadopoulos"),
            ("Γιώργος", "giorgos"),
            ("Ευαγγελία", "evangelia"),
            ("Ευτυχία", "eftychia"),
            ("Σταύρος", "stavros"),
            ("Ναυσικά", "nafsika"),
            ("Λευτέρης", "lefteris"),
            ("Λευ", "lef"),
            ("Μπάμπης", "bampis"),
            ("Άγγελος", "angelos"),
            ("Αγκάθα", "agkatha"),
            ("Σφίγξ", "sfinx"),
            ("Μελαγχροινός", "melanchroinos"),
            ("Κωνσταντίνος", "konstantinos"),
            ("Χρήστος", "christos"),
            ("Ψαρράς", "psarras"),
            ("Θεοδώρα", "theodora"),
            ("Ξένια", "xenia"),
            ("Υιός", "yios"),
        ],
    );
}

#[test]
fn a_stress_or_a_diaeresis_keeps_greek_vowels_apart() {
    // In capitals the stress is not written, so these are not tried in capitals.
    for (name, expected) in
        [("Πραΰλος", "praylos"), ("Πραϋλος", "praylos"), ("Άυλος", "aylos"), ("Νόυς", "noys")]
    {
        assert_eq!(words(name, Some("el")), [expected], "{name}");
    }
    assert_eq!(words("Ἰωάννης", Some("el")), ["ioannis"], "polytonic");
    assert_eq!(words("Εὐαγγελία", Some("el")), ["evangelia"], "polytonic");
}

#[test]
fn russian_follows_its_passports() {
    assert_spelled(
        "ru-RU",
        &[
            ("Дмитрий", "dmitrii"),
            ("Юлия", "iuliia"),
            ("Щукин", "shchukin"),
            ("Фёдор", "fedor"),
            ("Подъячев", "podieiachev"),
            ("Крыльцова", "kryltsova"),
            ("Эльза", "elza"),
            ("Хрущёв", "khrushchev"),
        ],
    );
}

#[test]
fn cyrillic_is_spelled_by_the_language() {
    assert_spelled(
        "uk",
        &[
            ("Григорій", "hryhorii"),
            ("Ґалаґан", "galagan"),
            ("Юлія", "yuliia"),
            ("Євген", "yevhen"),
            ("Їжакевич", "yizhakevych"),
            ("Йосипівна", "yosypivna"),
            ("Згурський", "zghurskyi"),
            ("Знам'янко", "znamianko"),
            ("Сергій-Яків", "serhii-yakiv"),
        ],
    );
    assert_spelled(
        "bg",
        &[("Щерев", "shterev"), ("Мария", "maria"), ("Ангелов", "angelov"), ("Гьорев", "gyorev")],
    );
    assert_spelled(
        "bg",
        &[("Христо", "hristo"), ("Цветан", "tsvetan"), ("Къня", "kanya"), ("Юлиян", "yuliyan")],
    );
    assert_spelled(
        "be",
        &[("Аляксандр", "aliaksandr"), ("Ігар", "ihar"), ("Фёдар", "fiodar"), ("Міхаўна", "mikhauna")],
    );
    assert_spelled(
        "sr",
        &[("Ђурић", "djuric"), ("Живковић", "zivkovic"), ("Љубица", "ljubica"), ("Џон", "dzon")],
    );
    assert_spelled("mk", &[("Ќосе", "kjose"), ("Ѓорѓи", "gjorgji"), ("Жана", "zhana"), ("Џин", "djin")]);
    assert_spelled("kk", &[("Әсел", "asel"), ("Қайрат", "qairat")]);
    assert_spelled("de", &[("Юлия", "iuliia"), ("Григорий", "grigorii")]);
}

#[test]
fn other_scripts_give_what_their_letters_say() {
    assert_spelled("zh-CN", &[("王芳", "wangfang"), ("张伟", "zhangwei")]);
    assert_spelled("ja", &[("さくら", "sakura"), ("タナカ", "tanaka")]);
    assert_spelled("ko", &[("민준", "minjun"), ("서연", "seoyeon")]);
    assert_spelled("ka", &[("გიორგი", "giorgi")]);
    assert_spelled("hy", &[("Հայկ", "hayk")]);
    assert_spelled("hi", &[("राहुल", "rahul")]);
    assert_spelled("th", &[("สมชาย", "smchay")]);
    assert_spelled("ar", &[("محمد", "mhmd"), ("كريم", "krym")]);
    assert_spelled("he", &[("משה", "msh"), ("דוד", "dvd")]);
}

#[test]
fn apostrophes_and_stops_go_and_hyphens_stay() {
    let table = [
        ("O'Neil", "oneil"),
        ("O’Neil", "oneil"),
        ("D‘Angelo", "dangelo"),
        ("Hawaiʻi", "hawaii"),
        ("St. John", "st john"),
        ("J.R.", "jr"),
        ("Anne-Lise", "anne-lise"),
        ("Anne\u{2010}Lise", "anne-lise"),
        ("Anne \u{2013} Lise", "anne lise"),
        ("-Anne--Lise-", "anne-lise"),
        ("  van   der Berg ", "van der berg"),
        ("Mª Luz", "ma luz"),
        ("Vance 3rd", "vance 3rd"),
    ];
    for (name, expected) in table {
        assert_eq!(words(name, None).join(" "), expected, "{name}");
    }
}

#[test]
fn what_is_no_letter_yields_nothing() {
    for name in ["", "   ", "-", "...", "😀", "\u{301}", "ь", "™", "(?)"] {
        assert!(words(name, None).is_empty(), "{name:?}");
    }
}

#[test]
fn kanji_have_a_reading_only_where_they_are_read_as_chinese() {
    let asked = |given, surname, language| {
        has_unknown_reading(surname, &PersonName { given, middle: None, surname, language })
    };
    assert!(asked("恵", "田中", Some("ja-JP")));
    assert!(asked("さくら", "田中", None), "kana in the other part give it away");
    assert!(asked("민준", "金", Some("ko")));
    assert!(!asked("芳", "王", Some("zh-Hans-CN")));
    assert!(!asked("芳", "王", None));
    assert!(!asked("さくら", "タナカ", Some("ja")));
}
