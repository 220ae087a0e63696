//! Countries a user can be in: the codes of ISO 3166-1 alpha-2, and those Microsoft sells nothing to.
//!
//! `UK` is not among them; the United Kingdom is `GB`.

const CODES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW \
    BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI \
    FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN \
    IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME \
    MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF \
    PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV \
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE \
    YT ZA ZM ZW";
/// Source: "Microsoft 365 international availability", by what it leaves out.
const NOT_SERVED: [&str; 4] = ["CU", "IR", "KP", "SY"];

/// Whether there is a country with this code.
pub(crate) fn exists(code: &str) -> bool {
    CODES.split(' ').any(|known| known == code)
}

/// Whether licences may be used there.
pub(crate) fn is_served(code: &str) -> bool {
    exists(code) && !NOT_SERVED.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_249_countries_and_some_are_not_served() {
        assert_eq!(CODES.split(' ').count(), 249);
        let table = [
            ("CH", true, true),
            ("GB", true, true),
            ("KP", true, false),
            ("UK", false, false),
            ("ZZ", false, false),
            ("ch", false, false),
            ("", false, false),
        ];
        for (code, is_known, may_use) in table {
            assert_eq!((exists(code), is_served(code)), (is_known, may_use), "{code}");
        }
    }
}
