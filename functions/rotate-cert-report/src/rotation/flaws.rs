//! What is wrong with a request, as far as can be told without a look.

use plan::Flaw;

use super::request::{CertificateWanted, Rotation, SecretWanted};

/// Which keys Microsoft Entra and Key Vault both take.
const BITS: [u16; 3] = [2048, 3072, 4096];

/// What is wrong with a request.
pub(crate) fn flaws(want: &Rotation) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    if want.application.trim().is_empty() {
        flaws
            .push(Flaw::at("/application", "the appId, the object id or the display name of an application"));
    }
    match (&want.certificate, &want.secret) {
        (Some(certificate), None) => flaws.extend(of_certificate(certificate, want.renew_before)),
        (None, Some(secret)) => flaws.extend(of_secret(secret, want.renew_before)),
        (None, None) => flaws.push(Flaw::at("/certificate", "this, or else secret, says what is renewed")),
        (Some(_), Some(_)) => {
            flaws.push(Flaw::at("/secret", "not beside certificate: ask for each by itself"));
        }
    }
    flaws.extend(of_times(want));
    flaws
}

fn of_times(want: &Rotation) -> impl Iterator<Item = Flaw> {
    let renew = !(1..=365).contains(&want.renew_before);
    let grace = !(2..=365).contains(&want.grace);
    let quiet = want.quiet > 365;
    let renew = renew.then(|| Flaw::at("/renewBefore", "days from 1 to 365"));
    let grace = grace.then(|| {
        Flaw::at("/grace", "days from 2 to 365: who reads from a vault may do so once in 24 hours only")
    });
    let quiet = quiet.then(|| Flaw::at("/quiet", "days from 0 to 365"));
    renew.into_iter().chain(grace).chain(quiet)
}

fn of_certificate(want: &CertificateWanted, renew_before: u16) -> Vec<Flaw> {
    let mut flaws = name("/certificate/name", &want.name);
    if let Some(pointer) = &want.pointer {
        flaws.extend(name("/certificate/pointer", pointer));
        if pointer.eq_ignore_ascii_case(&want.name) {
            let says = "another name than the certificate's, whose own secret has that name";
            flaws.push(Flaw::at("/certificate/pointer", says));
        }
    }
    if !(1..=24).contains(&want.months) {
        flaws.push(Flaw::at("/certificate/months", "months from 1 to 24"));
    } else if u32::from(want.months) * 28 <= u32::from(renew_before) {
        let says = "longer than renewBefore, or a new one would have to be renewed at once";
        flaws.push(Flaw::at("/certificate/months", says));
    }
    if !BITS.contains(&want.key_bits) {
        flaws.push(Flaw::at("/certificate/keyBits", "2048, 3072 or 4096"));
    }
    if want.subject.as_ref().is_some_and(|subject| !subject.starts_with("CN=")) {
        flaws.push(Flaw::at("/certificate/subject", "an X.500 name such as CN=contoso-payroll"));
    }
    flaws
}

fn of_secret(want: &SecretWanted, renew_before: u16) -> Vec<Flaw> {
    let mut flaws = name("/secret/name", &want.name);
    if !(2..=730).contains(&want.days) {
        flaws.push(Flaw::at("/secret/days", "days from 2 to 730"));
    } else if want.days <= renew_before {
        let says = "more than renewBefore, or a new one would have to be renewed at once";
        flaws.push(Flaw::at("/secret/days", says));
    }
    flaws
}

/// What Key Vault takes for a name ("Azure Key Vault keys, secrets and certificates overview"); with room for what is put
/// behind it.
fn name(field: &str, name: &str) -> Vec<Flaw> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_good = (1..=100).contains(&name.len()) && name.chars().all(is_plain);
    let says = "1 to 100 letters, digits and hyphens, such as payroll-sync";
    (!is_good).then(|| Flaw::at(field, says)).into_iter().collect()
}
