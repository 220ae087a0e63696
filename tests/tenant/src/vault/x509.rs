//! Certificates that sign themselves, requests for certificates, and the wrapping that a certificate's secret has.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod,
    KeyUsagePurpose, PublicKeyData, SanType, SerialNumber, SignatureAlgorithm, SigningKey,
};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey;
use time::OffsetDateTime;

use super::material::Algorithm;
use super::policy::{PEM, Policy};
use super::refusal::{Refusal, invalid, unknown};

/// Attributes of a name that are understood, as "CN=Contoso, O=Contoso Ltd" has them.
static ATTRIBUTES: [(&str, DnType); 9] = [
    ("CN", DnType::CommonName),
    ("O", DnType::OrganizationName),
    ("OU", DnType::OrganizationalUnitName),
    ("C", DnType::CountryName),
    ("L", DnType::LocalityName),
    ("ST", DnType::StateOrProvinceName),
    ("S", DnType::StateOrProvinceName),
    ("DC", DnType::CustomDnType(Vec::new())),
    ("E", DnType::CustomDnType(Vec::new())),
];

/// A key in the eyes of the certificate's maker.
struct Signer {
    key: Arc<RsaPrivateKey>,
    public: Vec<u8>,
}

impl Signer {
    fn new(key: Arc<RsaPrivateKey>) -> Option<Self> {
        let public = key.to_public_key().to_pkcs1_der().ok()?.as_bytes().to_vec();
        Some(Self { key, public })
    }
}

impl PublicKeyData for Signer {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl SigningKey for Signer {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = Algorithm::named("RS256")
            .and_then(|algorithm| algorithm.sign(&self.key, digest(&SHA256, message).as_ref()));
        signature.ok_or(rcgen::Error::RemoteKeyError)
    }
}

/// A certificate of a key by its own word, in DER.
pub(super) fn self_signed(
    key: Arc<RsaPrivateKey>,
    policy: &Policy,
    serial: &[u8],
    (from_ms, until_ms): (i64, i64),
) -> Result<Vec<u8>, Refusal> {
    let (mut parameters, signer) = prepared(key, policy)?;
    parameters.not_before = moment(from_ms);
    parameters.not_after = moment(until_ms);
    parameters.serial_number = Some(SerialNumber::from_slice(serial));
    parameters.use_authority_key_identifier_extension = true;
    let certificate = parameters.self_signed(&signer).map_err(|error| unmade(&error))?;
    Ok(certificate.der().to_vec())
}

/// The request that an authority would be sent, in DER.
pub(super) fn request(key: Arc<RsaPrivateKey>, policy: &Policy) -> Result<Vec<u8>, Refusal> {
    let (parameters, signer) = prepared(key, policy)?;
    let request = parameters.serialize_request(&signer).map_err(|error| unmade(&error))?;
    Ok(request.der().to_vec())
}

fn prepared(key: Arc<RsaPrivateKey>, policy: &Policy) -> Result<(CertificateParams, Signer), Refusal> {
    let signer = Signer::new(key).ok_or_else(|| unmade(&rcgen::Error::RemoteKeyError))?;
    let mut parameters = parameters(policy)?;
    let identifier = digest(&SHA1_FOR_LEGACY_USE_ONLY, &signer.public);
    parameters.key_identifier_method = KeyIdMethod::PreSpecified(identifier.as_ref().to_vec());
    Ok((parameters, signer))
}

fn unmade(error: &rcgen::Error) -> Refusal {
    invalid("policy.x509_props", &format!("No certificate can be made of it: {error}."))
}

fn moment(ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(ms / 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// What a policy says about the certificate but for key, serial number and dates.
pub(super) fn parameters(policy: &Policy) -> Result<CertificateParams, Refusal> {
    let x509 = &policy.x509_props;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = distinguished(&x509.subject)?;
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = x509.key_usage.iter().filter_map(|usage| purpose(usage)).collect();
    parameters.extended_key_usages = x509.ekus.iter().map(|eku| extended(eku)).collect::<Result<_, _>>()?;
    parameters.subject_alt_names = alternatives(policy)?;
    Ok(parameters)
}

fn alternatives(policy: &Policy) -> Result<Vec<SanType>, Refusal> {
    let sans = &policy.x509_props.sans;
    let wrong = |text: &str| invalid("policy.x509_props.sans", &format!("'{text}' will not do."));
    let texts = |all: &[String], kind: fn(rcgen::string::Ia5String) -> SanType| {
        let each = all.iter().map(|text| text.as_str().try_into().map(kind).map_err(|_| wrong(text)));
        each.collect::<Result<Vec<SanType>, Refusal>>()
    };
    let address = |text: &String| text.parse::<IpAddr>().map(SanType::IpAddress).map_err(|_| wrong(text));
    let mut all = texts(&sans.dns_names, SanType::DnsName)?;
    all.extend(texts(&sans.emails, SanType::Rfc822Name)?);
    all.extend(texts(&sans.uris, SanType::URI)?);
    all.extend(sans.ip_addresses.iter().map(address).collect::<Result<Vec<_>, _>>()?);
    Ok(all)
}

fn purpose(usage: &str) -> Option<KeyUsagePurpose> {
    Some(match usage {
        "digitalSignature" => KeyUsagePurpose::DigitalSignature,
        "nonRepudiation" => KeyUsagePurpose::ContentCommitment,
        "keyEncipherment" => KeyUsagePurpose::KeyEncipherment,
        "dataEncipherment" => KeyUsagePurpose::DataEncipherment,
        "keyAgreement" => KeyUsagePurpose::KeyAgreement,
        "keyCertSign" => KeyUsagePurpose::KeyCertSign,
        "cRLSign" => KeyUsagePurpose::CrlSign,
        "encipherOnly" => KeyUsagePurpose::EncipherOnly,
        "decipherOnly" => KeyUsagePurpose::DecipherOnly,
        _ => return None,
    })
}

fn extended(eku: &str) -> Result<ExtendedKeyUsagePurpose, Refusal> {
    let wrong = || invalid("policy.x509_props.ekus", &format!("'{eku}' is no object identifier."));
    let numbers: Vec<u64> = eku.split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
    if numbers.len() < 3 { Err(wrong()) } else { Ok(ExtendedKeyUsagePurpose::Other(numbers)) }
}

/// Reads a name such as `CN=Payroll, O="Contoso, Ltd"`.
fn distinguished(subject: &str) -> Result<DistinguishedName, Refusal> {
    let wrong = || {
        let hint = format!("'{subject}' is no X.500 distinguished name such as CN=Contoso.");
        invalid("policy.x509_props.subject", &hint)
    };
    let mut name = DistinguishedName::new();
    for part in parts(subject) {
        let (kind, value) = part.split_once('=').ok_or_else(wrong)?;
        let kind = kind.trim().to_ascii_uppercase();
        let (_, attribute) = ATTRIBUTES.iter().find(|(known, _)| *known == kind).ok_or_else(wrong)?;
        let value = value.trim().trim_matches('"');
        if value.is_empty() {
            return Err(wrong());
        }
        if matches!(attribute, DnType::CustomDnType(_)) || name.get(attribute).is_some() {
            return Err(unknown(format_args!("subjects with '{kind}', or with an attribute twice")));
        }
        name.push(attribute.clone(), DnValue::Utf8String(value.to_owned()));
    }
    if name.iter().next().is_none() { Err(wrong()) } else { Ok(name) }
}

/// The parts between commas that are not quoted.
fn parts(subject: &str) -> Vec<String> {
    let (mut all, mut quoted) = (vec![String::new()], false);
    for letter in subject.chars() {
        quoted ^= letter == '"';
        match all.last_mut() {
            Some(last) if letter != ',' || quoted => last.push(letter),
            _ => all.push(String::new()),
        }
    }
    all.retain(|part| !part.trim().is_empty());
    all
}

/// The secret of a certificate whose key may not be exported: the certificate alone, as PEM or in a PKCS #12 store
/// without password.
pub(super) fn without_key(content_type: &str, certificate: &[u8]) -> String {
    if content_type == PEM {
        let encoded = STANDARD.encode(certificate);
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(64).filter_map(|line| str::from_utf8(line).ok()).collect();
        return format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    }
    STANDARD.encode(store(certificate))
}

const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
const CERT_BAG: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x0A, 0x01, 0x03];
const X509_CERTIFICATE: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x16, 0x01];

/// RFC 7292, with one bag in it and no check over the whole.
fn store(certificate: &[u8]) -> Vec<u8> {
    let typed = |kind: &[u8], content: &[u8]| sequence(&[&der(0x06, kind), &der(0xA0, content)]);
    let bag = typed(CERT_BAG, &typed(X509_CERTIFICATE, &der(0x04, certificate)));
    let safe = typed(DATA, &der(0x04, &sequence(&[&bag])));
    let all = typed(DATA, &der(0x04, &sequence(&[&safe])));
    sequence(&[&der(0x02, &[3]), &all])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.iter().copied().skip_while(|byte| *byte == 0).collect();
    let mut all = vec![tag];
    match content.len() {
        short @ 0..=127 => all.push(short as u8),
        _ => {
            all.push(0x80 | significant.len() as u8);
            all.extend(significant);
        }
    }
    all.extend(content);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_quotes_and_all() {
        let name = distinguished("CN=Payroll, O=\"Contoso, Ltd\",c=US").unwrap();
        assert_eq!(name.get(&DnType::OrganizationName), Some(&DnValue::Utf8String("Contoso, Ltd".into())));
        assert_eq!(name.get(&DnType::CountryName), Some(&DnValue::Utf8String("US".into())));
        for (wrong, status) in
            [("", 400), ("Payroll", 400), ("X=1", 400), ("CN=", 400), ("DC=com", 501), ("OU=a,OU=b", 501)]
        {
            assert_eq!(distinguished(wrong).unwrap_err().status, status, "{wrong}");
        }
    }

    #[test]
    fn lengths_are_written_as_der_has_them() {
        assert_eq!(der(0x04, &[7; 3])[..2], [0x04, 3]);
        assert_eq!(der(0x04, &[7; 200])[..3], [0x04, 0x81, 200]);
        assert_eq!(der(0x04, &[7; 0x0102])[..4], [0x04, 0x82, 0x01, 0x02]);
    }
}
