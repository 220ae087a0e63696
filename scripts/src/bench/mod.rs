//! Measuring: every figure that is claimed comes from here, and each has the command beside it.
//!
//! ```text
//! ./scripts/bench           everything, written into docs/benchmarks.md
//! ./scripts/bench trips     one table, printed
//! ```
//!
//! What is measured is what is shipped: the staged app, built for release, against the offline tenant, built the same.
//! Everything is on one machine and on its loopback interface, so times say what *we* add, and nothing about a network or
//! about Microsoft's services. Where others are compared with, runs take turns, so that a busy moment meets all alike.
//!
//! It is no test: how fast a machine is today proves nothing about the code. But where there is a target, missing it ends
//! the run with an error.

mod callers;
mod cold;
mod credentials;
mod crowd;
mod document;
mod figures;
mod journal;
mod lab;
mod leavers;
mod leaving;
mod load;
mod machine;
mod memory;
mod people;
mod process;
mod rotation;
mod rules;
mod runs;
mod stack;
mod start;
mod trips;
mod wire;

use clap::ValueEnum;

use crate::Error;
use crate::tell::Teller;
use document::Document;
use figures::Report;
use lab::Lab;

/// One table of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// From the start of the process to the first answer, idle memory, size.
    Start,
    /// From the start of the process to the answer to a business call.
    Cold,
    /// How many round trips to Graph a call makes.
    Trips,
    /// Two hundred onboardings at once, under quota.
    Crowd,
    /// How soon a leaver is out, what the rest takes, and a hundred at once.
    Leaving,
    /// Rules over a whole tenant, then over those who have changed; and a thousand assignments in one run.
    Rules,
    /// The report on credentials over a thousand to a hundred thousand applications.
    Credentials,
    /// What each stage of a rotation asks of Graph, of Key Vault and of the token endpoint.
    Rotation,
    /// What a call costs that changes nothing.
    Load,
    /// What the journal costs.
    Journal,
    /// Memory after a thousand onboardings.
    Memory,
    /// Which HTTP and TLS stacks are linked.
    Stack,
}

impl Section {
    async fn measure(self, lab: &Lab) -> Result<Report, Error> {
        match self {
            Self::Start => start::measure(lab),
            Self::Cold => cold::measure(lab).await,
            Self::Trips => trips::measure(lab).await,
            Self::Crowd => crowd::measure(lab).await,
            Self::Leaving => leaving::measure(lab).await,
            Self::Rules => rules::measure(lab).await,
            Self::Credentials => credentials::measure(lab).await,
            Self::Rotation => rotation::measure(lab).await,
            Self::Load => load::measure(lab).await,
            Self::Journal => journal::measure(lab).await,
            Self::Memory => memory::measure(lab).await,
            Self::Stack => stack::measure(),
        }
    }

    /// As it is called on the command line, and in the markers of the document.
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Measures these sections and prints them; or, if none is named, all, and writes them down.
///
/// # Errors
///
/// Something cannot be measured, or a target was missed; what was measured is written down all the same.
pub async fn run(sections: &[Section], teller: &Teller) -> Result<(), Error> {
    let all = Section::value_variants();
    let lab = Lab::build()?;
    let machine = machine::described()?;
    teller.line(&machine);
    let mut reports = Vec::new();
    for section in if sections.is_empty() { all } else { sections } {
        let report = section.measure(&lab).await?;
        teller.line(format!("\n./scripts/bench {}\n\n{}", section.name(), report.text));
        reports.push((section.name(), report));
    }
    if sections.is_empty() {
        write_down(&machine, &reports)?;
    }
    let missed = reports.into_iter().flat_map(|(_, report)| report.missed).collect::<Vec<_>>();
    if missed.is_empty() { Ok(()) } else { Err(Error::new(missed.join("\n"))) }
}

fn write_down(machine: &str, reports: &[(String, Report)]) -> Result<(), Error> {
    let mut document = Document::open()?;
    document.put("machine", machine)?;
    for (name, report) in reports {
        document.put(name, &format!("`./scripts/bench {name}`\n\n{}", report.text))?;
    }
    document.save()
}
