//! What it costs to have each step on the disk before the next is taken: the same onboardings with the journal on disk and
//! in memory, taking turns.

use tempfile::TempDir;

use super::callers::{Load, hammer};
use super::figures::{Report, Samples, ms, table};
use super::lab::{Ground, Lab};
use super::people;
use crate::error::{Doing, Error};

/// How many onboardings of one process the gate of a large tenant lets through at once, and how many processes.
const ONBOARDINGS: usize = 30;
const PROCESSES: usize = 8;
const SEATS: u64 = 10_000;

struct Place {
    name: &'static str,
    folder: TempDir,
    load: Load,
}

/// # Errors
///
/// A call is not answered as it should be.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let mut ground = lab.tenant(&[]).await?;
    ground.buy(people::SKU, SEATS).await?;
    ground.settings.insert("M365_TENANT_SIZE".to_owned(), "l".to_owned());
    let mut places = places()?;
    let mut numbers = 1..;
    for _ in 0..PROCESSES {
        for place in &mut places {
            let hires = numbers.by_ref().take(1 + ONBOARDINGS).map(people::new_hire);
            let requests = hires.map(|hire| people::onboard(&hire)).collect::<Vec<_>>();
            place.once(&mut ground, &requests)?;
        }
    }
    let rows = places.iter().map(Place::row).collect::<Vec<_>>();
    let text = format!(
        "Onboarding with licence, manager and three groups, one after the other, the tenant answering at once.\n\n{}",
        table(["Journal", "calls", "p50", "p90"], &rows)
    );
    Ok(Report::new(text))
}

/// On disk, and in memory where the system has a folder for it.
fn places() -> Result<Vec<Place>, Error> {
    let disk = tempfile::tempdir().doing(|| "make a folder".to_owned())?;
    let disk = Place { name: "a folder on disk", folder: disk, load: Load::default() };
    let memory = tempfile::tempdir_in("/dev/shm").ok();
    let memory = memory.map(|folder| Place { name: "a folder in memory", folder, load: Load::default() });
    Ok([Some(disk), memory].into_iter().flatten().collect())
}

impl Place {
    /// A process of its own. Its first call, which fetches the token, does not count.
    fn once(&mut self, ground: &mut Ground, requests: &[Vec<u8>]) -> Result<(), Error> {
        ground.settings.insert("M365_JOURNAL".to_owned(), self.folder.path().display().to_string());
        let handler = ground.ready_handler()?;
        let (first, others) = requests.split_at(1);
        hammer(handler.port, 1, first)?;
        self.load.add(hammer(handler.port, 1, others)?);
        Ok(())
    }

    fn row(&self) -> [String; 4] {
        let times = self.load.times.iter().copied().collect::<Samples>();
        [self.name.to_owned(), times.len().to_string(), ms(times.median()), ms(times.percentile(90))]
    }
}
