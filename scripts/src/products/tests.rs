//! A made-up list in the form that Microsoft publishes, served on the loopback interface.

use std::path::PathBuf;

use axum::Router;
use axum::http::StatusCode;
use jiff::civil::date;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::*;

const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
const FREE: &str = "a403ebcc-fae0-4ca2-8c8c-7a907fd6c235";
const SWAY: &str = "a23b959c-7ce8-4e57-9140-b90eb88a9e97";
const TEAMS: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";
const CLOUD_PC: &str = "461cb62c-6db7-41aa-bf3c-ce78236cdb9e";

const HEADINGS: &str = "Product_Display_Name,String_Id,GUID,Service_Plan_Name,Service_Plan_Id,Service_Plans_Included_Friendly_Names";

/// Rows under the headings, with the byte order mark and the line ends that Excel writes.
fn csv(rows: &[String]) -> String {
    let lines = std::iter::once(HEADINGS).chain(rows.iter().map(String::as_str));
    lines.fold("\u{feff}".to_owned(), |text, line| text + line + "\r\n")
}

/// The rows of what [`ordinary`] comes to.
fn rows() -> Vec<String> {
    vec![
        format!("Microsoft 365 E3,SPE_E3,{E3},SWAY,{SWAY},Sway"),
        format!("Microsoft 365 E3 ,SPE_E3,{E3},TEAMS1,{TEAMS},MICROSOFT TEAMS"),
        format!("Power BI (free),POWER_BI_STANDARD,{FREE},SWAY,{SWAY},Sway"),
        format!("Microsoft\u{a0}Fabric  (Free),POWER_BI_STANDARD,{FREE},SWAY,{SWAY},Sway"),
        format!("Microsoft Fabric (Free),POWER_BI_STANDARD,{FREE},TEAMS1,{TEAMS},Microsoft Teams"),
        format!("Microsoft Fabric (Free),POWER_BI_STANDARD,{FREE},TEAMS1,{TEAMS},Microsoft Teams"),
        format!(
            "\"Cloud PC 2 vCPU, 8 GB, \"\"preview\"\" \",cpc_2,{},CPC_2,{CLOUD_PC},",
            CLOUD_PC.to_uppercase()
        ),
    ]
}

fn ordinary() -> String {
    format!(
        "# Products\n\
         {CLOUD_PC}\tcpc_2\tCloud PC 2 vCPU, 8 GB, \"preview\"\n\
         {FREE}\tPOWER_BI_STANDARD\tMicrosoft Fabric (Free)\n\
         {FREE}\tPOWER_BI_STANDARD\tPower BI (free)\n\
         {E3}\tSPE_E3\tMicrosoft 365 E3\n\
         # Service plans\n\
         {CLOUD_PC}\tCPC_2\tCPC_2\n\
         {SWAY}\tSWAY\tSway\n\
         {TEAMS}\tTEAMS1\tMicrosoft Teams\n"
    )
}

/// A file of names, and a place on the loopback interface that answers with a list.
struct World {
    folder: TempDir,
    from: String,
}

impl World {
    /// Where these products are known today.
    async fn new(known: &[(&str, &str)], status: StatusCode, answer: impl Into<Vec<u8>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let products =
            known.iter().map(|&(id, part_number)| Name { id, part_number, name: "Known" }).collect();
        let list =
            List { source: "https://contoso.com", as_of: date(2026, 1, 1), products, ..List::default() };
        fs::write(folder.path().join("products.tsv"), list.to_string()).unwrap();
        let answer = answer.into();
        let router = Router::new().fallback(async move || (status, answer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let from = format!("http://{}/list.csv", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { folder, from }
    }

    async fn serving(rows: &[String]) -> Self {
        Self::new(&[(E3, "SPE_E3")], StatusCode::OK, csv(rows)).await
    }

    async fn renew(&self, force: bool) -> Result<Vec<String>, Error> {
        let (from, file) = (self.from.as_str(), self.file());
        let renewal = Renewal { from, file: &file, on: date(2026, 11, 21), force };
        renew(&renewal, &Http::new().unwrap()).await
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("products.tsv")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Why it is not renewed; the file is as it was, and nothing is left beside it.
    async fn refusal(&self) -> String {
        let before = self.text();
        let told = self.renew(false).await.unwrap_err().chain();
        assert_eq!(self.text(), before);
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 1);
        told
    }
}

#[tokio::test]
async fn a_list_is_cleaned_sorted_and_written_with_its_source_and_day() {
    let world = World::serving(&rows()).await;
    let told = world.renew(false).await.unwrap();
    let summary = "3 products and 3 service plans: product names as of 2026-11-21; before, 1 products and 0 service plans: \
                   product names as of 2026-01-01, an excerpt of Microsoft's list";
    assert_eq!(told, ["SPE_E3 is called Microsoft 365 E3, no longer Known", summary]);
    let text = world.text();
    let (head, rows) = text.split_at(text.find("# Products").unwrap());
    assert!(
        head.ends_with(&format!("# Source: {}\n# As of: 2026-11-21\n# Extent: whole\n", world.from)),
        "{head}"
    );
    assert_eq!(rows, ordinary());
}

#[tokio::test]
async fn what_was_written_is_renewed_to_the_same() {
    let world = World::serving(&rows()).await;
    world.renew(false).await.unwrap();
    let first = world.text();
    let told = world.renew(false).await.unwrap();
    assert_eq!((world.text(), told.len()), (first, 1), "{told:?}");
}

#[tokio::test]
async fn the_order_of_rows_and_columns_does_not_matter() {
    let swap = |row: &str| {
        let mut cells: Vec<&str> = row.split(',').collect();
        cells.rotate_left(2);
        cells.join(",")
    };
    let plain: Vec<String> = rows().into_iter().filter(|row| !row.contains('"')).collect();
    let swapped = plain.iter().rev().map(|row| swap(row));
    let text = std::iter::once(swap(HEADINGS)).chain(swapped).collect::<Vec<_>>().join("\n");
    let (one, other) = (World::serving(&plain).await, World::new(&[], StatusCode::OK, text).await);
    for world in [&one, &other] {
        world.renew(false).await.unwrap();
    }
    let names = |world: &World| world.text().split_once("# Products").unwrap().1.to_owned();
    assert_eq!(names(&one), names(&other));
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_stops_it_and_is_left_out_if_forced() {
    let table = [
        (format!("Sway,SWAY,{E3},SWAY,({SWAY},Sway"), "an id that is none: «(a23b959c"),
        (format!("Sway,SWAY,{E3},SWAY,{},Sway", SWAY.replace("-7", "- 7")), "an id that is none"),
        (format!("Sway,SWAY,{},SWAY,{SWAY},Sway", E3.replace('-', "")), "an id that is none"),
        (format!("Sway,SWAY,,SWAY,{SWAY},Sway"), "an id that is none: «»"),
        (format!(",SWAY,{E3},SWAY,{SWAY},Sway"), "has no name for 05e9a617"),
        (format!("Sway,\u{a0},{E3},SWAY,{SWAY},Sway"), "has no name for 05e9a617"),
        (format!("Sway,SWAY,{E3},,{SWAY},Sway"), "has no name for a23b959c"),
        (format!("Sway, new,SWAY,{E3},SWAY,{SWAY},Sway"), "has 7 cells instead of 6"),
    ];
    for (row, says) in table {
        let world = World::serving(&[rows(), vec![row.clone()]].concat()).await;
        let told = world.refusal().await;
        assert!(told.contains("--force") && told.contains("line 9 ") && told.contains(says), "{row}: {told}");
        let told = world.renew(true).await.unwrap();
        assert!(told[0].contains(says), "{row}: {told:?}");
        assert!(world.text().ends_with(&ordinary()), "{row}");
    }
}

#[tokio::test]
async fn a_product_without_service_plans_is_none_the_worse() {
    let world = World::serving(&[rows(), vec![format!("Nothing in it,AAA,{SWAY},,,")]].concat()).await;
    world.renew(false).await.unwrap();
    assert!(world.text().contains(&format!("# Products\n{SWAY}\tAAA\tNothing in it\n")), "{}", world.text());
}

#[tokio::test]
async fn what_is_known_today_is_not_lost_unless_forced() {
    let known = [(E3, "SPE_E3"), (TEAMS, "OLD_PRODUCT")];
    let world = World::new(&known, StatusCode::OK, csv(&rows())).await;
    let told = world.refusal().await;
    assert!(told.contains(&format!("OLD_PRODUCT is no more: Known ({TEAMS})")), "{told}");
    assert!(!told.contains("SPE_E3"), "{told}");
    world.renew(true).await.unwrap();
    assert!(world.text().ends_with(&ordinary()));
}

#[tokio::test]
async fn of_many_obstacles_the_first_are_told_and_the_others_counted() {
    let bad = |number| format!("Sway,SWAY,none{number},SWAY,{SWAY},Sway");
    let told = World::serving(&[rows(), (0..23).map(bad).collect()].concat()).await.refusal().await;
    assert!(told.contains("«none19»") && !told.contains("«none20»"), "{told}");
    assert!(told.ends_with("and 3 more"), "{told}");
}

#[tokio::test]
async fn what_is_no_such_list_is_refused_even_if_forced() {
    let row = rows().remove(0);
    let table: [(StatusCode, Vec<u8>, &str); 6] = [
        (StatusCode::NOT_FOUND, csv(&rows()).into(), "404"),
        (StatusCode::OK, "<html><body>Sorry</body></html>".into(), "a column GUID"),
        (StatusCode::OK, Vec::new(), "a column GUID"),
        (StatusCode::OK, csv(&[row]).replace("Service_Plan_Id", "Plan").into(), "a column Service_Plan_Id"),
        (StatusCode::OK, csv(&[]).into(), "no product"),
        (StatusCode::OK, b"GUID,\xa0".to_vec(), "as UTF-8"),
    ];
    for (status, answer, says) in table {
        let world = World::new(&[], status, answer).await;
        let told = world.refusal().await;
        assert!(told.contains(says), "{told} instead of {says}");
        assert_eq!(world.renew(true).await.unwrap_err().chain(), told);
    }
}
