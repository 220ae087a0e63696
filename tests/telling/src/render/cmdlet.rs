//! A cmdlet of Exchange Online as an administrator would type it: `Set-Mailbox AdeleV@contoso.com -Type Shared`.

use serde_json::Value;

/// Says that a table is one, which PowerShell sees from its braces.
const KIND: &str = "@odata.type";

/// The cmdlet that a body asks for, if it does.
pub(super) fn typed(body: &Value) -> Option<String> {
    let input = &body["CmdletInput"];
    let name = input["CmdletName"].as_str()?;
    let whom =
        input["Parameters"].get("Identity").map(|whom| format!(" {}", value(whom))).unwrap_or_default();
    let parameters = input["Parameters"].as_object().into_iter().flatten();
    let others = parameters.filter(|(name, _)| *name != "Identity");
    let others: String = others.map(|(name, given)| format!(" {}", parameter(name, given))).collect();
    Some(format!("{name}{whom}{others}"))
}

/// A switch takes its value after a colon.
fn parameter(name: &str, given: &Value) -> String {
    match given {
        Value::Bool(given) => format!("-{name}:${given}"),
        given => format!("-{name} {}", value(given)),
    }
}

fn value(given: &Value) -> String {
    match given {
        Value::Null => "$null".to_owned(),
        Value::Bool(given) => format!("${given}"),
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Array(list) if list.is_empty() => "@()".to_owned(),
        Value::Array(list) => list.iter().map(value).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != KIND);
            let members: Vec<String> =
                members.map(|(name, given)| format!("{name} = {}", value(given))).collect();
            format!("@{{{}}}", members.join("; "))
        }
        Value::Number(number) => number.to_string(),
    }
}

/// Whether PowerShell takes it for one word without quotes.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_alphanumeric() || "-_.:\\/@".contains(c))
        && !text.starts_with(['-', '@'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cmdlet_reads_as_it_is_typed() {
        let table = [
            ("Get-Mailbox", json!({"Identity": "AdeleV@contoso.com"}), "Get-Mailbox AdeleV@contoso.com"),
            (
                "Set-Mailbox",
                json!({"Identity": "Adele Vance", "Type": "Shared"}),
                "Set-Mailbox 'Adele Vance' -Type Shared",
            ),
            (
                "Set-Mailbox",
                json!({"ForwardingAddress": null, "Hidden": true}),
                "Set-Mailbox -ForwardingAddress $null -Hidden:$true",
            ),
            (
                "Set-Mailbox",
                json!({"EmailAddresses": {"@odata.type": "#Exchange.GenericHashTable", "Add": ["smtp:a@contoso.com", "b c"]}}),
                "Set-Mailbox -EmailAddresses @{Add = smtp:a@contoso.com, 'b c'}",
            ),
            (
                "Set-X",
                json!({"Message": "It's over", "Users": [], "Days": 7}),
                "Set-X -Days 7 -Message 'It''s over' -Users @()",
            ),
        ];
        for (name, parameters, expected) in table {
            let body = json!({"CmdletInput": {"CmdletName": name, "Parameters": parameters}});
            assert_eq!(typed(&body).as_deref(), Some(expected));
        }
        assert_eq!(typed(&json!({"accountEnabled": true})), None);
    }
}
