//! Countries, by the two letters of ISO 3166-1 alpha-2: what a usage location is written in.
//!
//! The service refuses a code that is none only once a licence is handed out. Whether Microsoft sells a service in a country
//! is not known here.

/// The codes that are officially assigned, in order.
const CODES: &[&str] = &[
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA",
    "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV",
    "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU",
    "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES",
    "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM",
    "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE",
    "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM",
    "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY",
    "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT",
    "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU",
    "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA",
    "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM",
    "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL",
    "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE",
    "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
];

/// Whether a code is a country's, and if not, what would be right.
///
/// # Errors
/// A sentence for whoever wrote the code.
pub fn check(code: &str) -> Result<(), &'static str> {
    match code {
        _ if CODES.binary_search(&code).is_ok() => Ok(()),
        "UK" => Err("the United Kingdom is GB in ISO 3166-1 alpha-2"),
        "EL" => Err("Greece is GR in ISO 3166-1 alpha-2"),
        _ if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Err("a country of ISO 3166-1 alpha-2, such as CH; these two letters are none")
        }
        _ => Err("two capital letters, ISO 3166-1 alpha-2, such as CH"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_countries_as_the_standard_has_and_in_order() {
        assert_eq!(CODES.len(), 249);
        assert!(CODES.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn a_code_that_is_none_is_told_what_would_be_right() {
        let table = [
            ("CH", None),
            ("GB", None),
            ("UK", Some("GB")),
            ("EL", Some("GR")),
            ("ZZ", Some("none")),
            ("ch", Some("two capital letters")),
            ("Switzerland", Some("two capital letters")),
            ("", Some("two capital letters")),
        ];
        for (code, says) in table {
            match (check(code), says) {
                (Ok(()), None) => {}
                (Err(told), Some(says)) => assert!(told.contains(says), "{code}: {told}"),
                (told, says) => panic!("{code}: {told:?} instead of {says:?}"),
            }
        }
    }
}
