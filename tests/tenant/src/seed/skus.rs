//! What Contoso has bought. Identifiers and names are Microsoft's, from "Product names and service plan identifiers for
//! licensing"; of the large suites only the plans that matter to an administrator are listed.

use uuid::Uuid;

use crate::state::licence::{Capability, Units};
use crate::state::{Plan, Sku};

type PlanRow = (&'static str, &'static str);

const EXCHANGE_2: PlanRow = ("EXCHANGE_S_ENTERPRISE", "efb87545-963c-4e0d-99df-69c6916d9eb0");
const EXCHANGE_FOUNDATION: PlanRow = ("EXCHANGE_S_FOUNDATION", "113feb6c-3fe4-4440-bddc-54d774bf0318");
const SHAREPOINT_2: PlanRow = ("SHAREPOINTENTERPRISE", "5dbe027f-2339-4123-9542-606e4d348a72");
const OFFICE_ONLINE: PlanRow = ("SHAREPOINTWAC", "e95bec33-7c88-4a70-8e19-b10bd9d0c014");
const TEAMS: PlanRow = ("TEAMS1", "57ff2da0-773e-42df-b2af-ffb7a2317929");
const SKYPE: PlanRow = ("MCOSTANDARD", "0feaeb32-d00e-4d66-bd5a-43b5b83db82c");
const OFFICE: PlanRow = ("OFFICESUBSCRIPTION", "43de0ff5-c92c-492b-9116-175376d08c38");
const INTUNE: PlanRow = ("INTUNE_A", "c1ec4a95-1f05-45b3-a911-aa3fa01094f5");
const YAMMER: PlanRow = ("YAMMER_ENTERPRISE", "7547a3fe-08ee-4ccb-b430-5077c5041653");
const ENTRA_P1: PlanRow = ("AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d");
const ENTRA_P2: PlanRow = ("AAD_PREMIUM_P2", "eec0eb4f-6444-4f95-aba0-50c24d67f998");
const MFA: PlanRow = ("MFA_PREMIUM", "8a256a2b-b617-496d-b51b-e76466e88db0");
const RMS: PlanRow = ("RMS_S_ENTERPRISE", "bea4c11e-220a-4e6d-8eb8-8ea15d019f90");
const RMS_PREMIUM: PlanRow = ("RMS_S_PREMIUM", "6c57d4b6-3b23-47a5-9bc9-69f17b4947b3");
const PLANNER: PlanRow = ("PROJECTWORKMANAGEMENT", "b737dad2-2f6c-4c65-90e3-ca563267e8b9");
const SWAY: PlanRow = ("SWAY", "a23b959c-7ce8-4e57-9140-b90eb88a9e97");
const PHONE_SYSTEM: PlanRow = ("MCOEV", "4828c8ec-dc2e-4779-b502-87ac9ce28ab7");
const AUDIO_CONFERENCING: PlanRow = ("MCOMEETADV", "3e26ee1f-8a5f-4d52-aee2-b81ce45c8f40");
const POWER_BI_PRO: PlanRow = ("BI_AZURE_P2", "70d33638-9c74-4d01-bfd3-562de28bd4ba");
const DEFENDER: PlanRow = ("WINDEFATP", "871d91ec-ec1a-452b-a83f-bd76c7d770ef");

struct Row {
    name: &'static str,
    id: &'static str,
    status: Capability,
    /// Enabled, in warning, suspended.
    seats: (u32, u32, u32),
    plans: &'static [PlanRow],
}

const ROWS: [Row; 10] = [
    Row {
        name: "SPE_E5",
        id: "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
        status: Capability::Enabled,
        seats: (25, 0, 0),
        plans: &[
            EXCHANGE_2,
            SHAREPOINT_2,
            OFFICE_ONLINE,
            TEAMS,
            SKYPE,
            PHONE_SYSTEM,
            AUDIO_CONFERENCING,
            OFFICE,
            INTUNE,
            YAMMER,
            ENTRA_P1,
            ENTRA_P2,
            MFA,
            RMS,
            RMS_PREMIUM,
            PLANNER,
            SWAY,
            POWER_BI_PRO,
            DEFENDER,
        ],
    },
    Row {
        name: "SPE_E3",
        id: "05e9a617-0261-4cee-bb44-138d3ef5d965",
        status: Capability::Enabled,
        seats: (25, 0, 0),
        plans: &[
            EXCHANGE_2,
            SHAREPOINT_2,
            OFFICE_ONLINE,
            TEAMS,
            SKYPE,
            OFFICE,
            INTUNE,
            YAMMER,
            ENTRA_P1,
            MFA,
            RMS,
            RMS_PREMIUM,
            PLANNER,
            SWAY,
        ],
    },
    Row {
        name: "ENTERPRISEPACK",
        id: "6fd2c87f-b296-42f0-b197-1e91e994b900",
        status: Capability::Enabled,
        seats: (20, 0, 0),
        plans: &[EXCHANGE_2, SHAREPOINT_2, OFFICE_ONLINE, TEAMS, SKYPE, OFFICE, YAMMER, RMS, PLANNER, SWAY],
    },
    Row {
        name: "EXCHANGESTANDARD",
        id: "4b9405b0-7788-4568-add1-99614e613b69",
        status: Capability::Enabled,
        seats: (10, 0, 0),
        plans: &[
            ("EXCHANGE_S_STANDARD", "9aaf7827-d63c-4b61-89c3-182f06f82e5c"),
            ("BPOS_S_TODO_1", "5e62787c-c316-451f-b873-1d05acd4d12c"),
        ],
    },
    Row {
        name: "FLOW_FREE",
        id: "f30db892-07e9-47e9-837c-80727f46fd3d",
        status: Capability::Enabled,
        seats: (10_000, 0, 0),
        plans: &[
            EXCHANGE_FOUNDATION,
            ("DYN365_CDS_VIRAL", "17ab22cd-a0b3-4536-910a-cb6eb12696c0"),
            ("FLOW_P2_VIRAL", "50e68c76-46c6-4674-81f9-75456511b170"),
        ],
    },
    Row {
        name: "POWER_BI_STANDARD",
        id: "a403ebcc-fae0-4ca2-8c8c-7a907fd6c235",
        status: Capability::Enabled,
        seats: (1_000_000, 0, 0),
        plans: &[
            EXCHANGE_FOUNDATION,
            ("BI_AZURE_P0", "2049e525-b859-401b-b2a0-e0a31c4b1fe4"),
            ("PURVIEW_DISCOVERY", "c948ea65-2053-4a5a-8a62-9eaaaf11b522"),
        ],
    },
    Row {
        name: "EMSPREMIUM",
        id: "b05e124f-c7cc-45a0-a6aa-8cf78c946968",
        status: Capability::Enabled,
        seats: (20, 0, 0),
        plans: &[
            ENTRA_P1,
            ENTRA_P2,
            MFA,
            INTUNE,
            RMS,
            RMS_PREMIUM,
            EXCHANGE_FOUNDATION,
            ("ADALLOM_S_STANDALONE", "2e2ddb96-6af9-4b1d-a3f0-d6ecfd22edb2"),
            ("ATA", "14ab5db5-e6c4-4b20-b4bc-13e36fd2227f"),
        ],
    },
    // Sold out: the seed hands both seats out.
    Row {
        name: "PROJECTPROFESSIONAL",
        id: "53818b1b-4a27-454b-8896-0dba576410e6",
        status: Capability::Enabled,
        seats: (2, 0, 0),
        plans: &[
            SHAREPOINT_2,
            OFFICE_ONLINE,
            EXCHANGE_FOUNDATION,
            ("PROJECT_CLIENT_SUBSCRIPTION", "fafd7243-e5c1-4a3a-9e40-495efcb1d3c3"),
            ("PROJECT_PROFESSIONAL", "818523f5-016b-4355-9be8-ed6944946ea7"),
        ],
    },
    Row {
        name: "VISIOCLIENT",
        id: "c5928f49-12ba-48f7-ada3-0d743a3601d5",
        status: Capability::Warning,
        seats: (0, 5, 0),
        plans: &[
            EXCHANGE_FOUNDATION,
            ("ONEDRIVE_BASIC", "da792a53-cbc0-4184-a10d-e544dd34b3c1"),
            ("VISIOONLINE", "2bdbaf8f-738f-4ac7-9234-3c3ee2ce7d0f"),
            ("VISIO_CLIENT_SUBSCRIPTION", "663a804f-1c30-4ff0-9915-9db84f0d1cea"),
        ],
    },
    Row {
        name: "MCOMEETADV",
        id: "0c266dff-15dd-4b49-8397-2bb16070ed52",
        status: Capability::Suspended,
        seats: (0, 0, 10),
        plans: &[AUDIO_CONFERENCING],
    },
];

pub(super) fn all() -> Vec<Sku> {
    ROWS.iter().map(sku).collect()
}

/// The identifier of a SKU of the table.
pub(super) fn id(name: &str) -> Uuid {
    ROWS.iter().find(|row| row.name == name).map_or(Uuid::nil(), |row| parsed(row.id))
}

fn sku(row: &Row) -> Sku {
    let (enabled, warning, suspended) = row.seats;
    Sku {
        sku_id: parsed(row.id),
        sku_part_number: row.name.to_owned(),
        capability_status: row.status,
        applies_to: "User".to_owned(),
        prepaid_units: Units { enabled, suspended, warning, locked_out: 0 },
        service_plans: row.plans.iter().map(plan).collect(),
    }
}

fn plan((name, id): &PlanRow) -> Plan {
    let applies_to = if *name == EXCHANGE_FOUNDATION.0 { "Company" } else { "User" };
    Plan {
        service_plan_id: parsed(id),
        service_plan_name: (*name).to_owned(),
        applies_to: applies_to.to_owned(),
    }
}

fn parsed(id: &str) -> Uuid {
    Uuid::try_parse(id).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_can_be_read() {
        for sku in all() {
            assert!(!sku.sku_id.is_nil(), "{}", sku.sku_part_number);
            assert!(
                sku.service_plans.iter().all(|plan| !plan.service_plan_id.is_nil()),
                "{}",
                sku.sku_part_number
            );
        }
    }
}
