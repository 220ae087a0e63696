//! Renews the names of products and service plans.

use std::process::ExitCode;

use clap::Parser;
use scripts::http::Http;
use scripts::products::{self, Renewal};
use scripts::tell::{self, Teller};
use scripts::{Error, root};

/// Downloads Microsoft's list of products and service plans, checks it, and rewrites shared/directory/data/products.tsv.
#[derive(Parser)]
struct Arguments {
    /// Where the list is.
    #[arg(default_value = products::PUBLISHED)]
    from: String,
    /// Even where rows cannot be understood, which are left out, and where names that are known today are no more.
    #[arg(long)]
    force: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    tell::ended(run(Arguments::parse()).await)
}

async fn run(Arguments { from, force }: Arguments) -> Result<(), Error> {
    let file = root().join(products::FILE);
    let renewal = Renewal { from: &from, file: &file, on: products::today(), force };
    let teller = Teller::new();
    products::renew(&renewal, &Http::outward()?).await?.iter().for_each(|line| teller.line(line));
    Ok(())
}
