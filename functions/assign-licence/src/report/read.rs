//! How it is read: the stock, who has what, and who is in use, at once; the last two page by page.

use directory::licence::{self, Sku};
use directory::look::list;
use futures_util::{TryStreamExt, try_join};
use graph::{Error, Graph, Path, Refusal, Request};
use jiff::SignedDuration;
use plan::Tenant;

use super::facts::{Facts, Product, Unread};
use super::tally::{Holder, Inactive, Tally};

/// Why a list was not read to its end.
struct Broken {
    /// How many accounts were read by then.
    after: usize,
    error: Error,
}

/// Reads everything. Without the stock there is no report; everything else may be missing, and is told.
pub(super) async fn everything(tenant: &Tenant, inactive_days: i64) -> Result<Facts, Error> {
    let graph = &tenant.graph;
    let since = tenant.clock.now() - SignedDuration::from_hours(24 * inactive_days);
    let (mut tally, mut inactive) = (Tally::default(), Inactive::since(since));
    let (skus, holders, sign_ins) = try_join!(
        list::<Sku>(licence::bought(), graph),
        async { Ok(each(holders(), graph, |holder| tally.count(holder)).await) },
        async { Ok(each(sign_ins(), graph, |holder| inactive.count(holder)).await) },
    )?;
    let (for_company, skus): (Vec<_>, Vec<_>) = skus.iter().partition(|sku| sku.is_for_company());
    let mut products: Vec<Product> = skus.into_iter().map(Product::of).collect();
    for product in &mut products {
        let (sku, is_whole) = (product.sku_id, |read: &Result<(), Broken>| read.is_ok());
        product.holders = is_whole(&holders).then(|| tally.0.remove(&sku).unwrap_or_default());
        product.inactive = is_whole(&sign_ins).then(|| inactive.seats.get(&sku).copied().unwrap_or_default());
    }
    products.sort_by(|one, other| one.name.cmp(&other.name));
    let unread =
        [holders.err().map(|broken| broken.holders()), sign_ins.err().map(|broken| broken.sign_ins())];
    Ok(Facts {
        inactive_days,
        products,
        for_company: for_company.into_iter().map(|sku| directory::product::name(sku).to_owned()).collect(),
        unread: unread.into_iter().flatten().collect(),
    })
}

/// All accounts, with where their licences come from.
fn holders() -> Request {
    Request::get(Path::new("/users"))
        .select(&["accountEnabled", "licenseAssignmentStates"])
        .query("$top", "999")
}

/// The accounts that hold a licence, with when somebody signed in. A page has 500 at the most ("List users").
fn sign_ins() -> Request {
    let wanted = ["accountEnabled", "createdDateTime", "licenseAssignmentStates", "signInActivity"];
    let holders = Request::get(Path::new("/users")).filter("assignedLicenses/$count ne 0").advanced();
    holders.select(&wanted).query("$top", "500")
}

/// Looks at each account of a list once, and keeps none.
async fn each(read: Request, graph: &Graph, mut look: impl FnMut(&Holder)) -> Result<(), Broken> {
    let mut after = 0;
    let mut accounts = std::pin::pin!(graph.pages(read));
    loop {
        let next = accounts.try_next().await.map_err(|error| Broken { after, error })?;
        let Some(account) = next else { return Ok(()) };
        let holder = serde_json::from_value(account).map_err(|source| Broken {
            after,
            error: Error::failed("an account does not have the shape it should have", Some(source.into())),
        })?;
        look(&holder);
        after += 1;
    }
}

impl Broken {
    fn holders(&self) -> Unread {
        self.told(
            "Who has which licence could not be read to the end",
            "So it is unknown who is blocked, holds one twice, or is in error.",
        )
    }

    fn sign_ins(&self) -> Unread {
        if self.error.is(Refusal::PremiumNeeded) {
            return Unread {
                says: "Nobody can say who is inactive: the tenant has no Microsoft Entra ID P1 or P2."
                    .to_owned(),
                help: Some("Savings count blocked accounts and free seats alone.".to_owned()),
            };
        }
        if self.error.is_denied() {
            return Unread {
                says: "Who is inactive could not be read: the function may not see when people signed in."
                    .to_owned(),
                help: Some(
                    "Grant it AuditLog.Read.All on Microsoft Graph; that may take a day to be seen."
                        .to_owned(),
                ),
            };
        }
        self.told("Who is inactive could not be read to the end", "So it is unknown.")
    }

    /// Microsoft's message is left out: it may name somebody, and what is read here is kept.
    fn told(&self, what: &str, unknown: &str) -> Unread {
        let Self { after, error } = self;
        let came = match error.status() {
            Some(status) => format!("{status} {}", error.code()),
            None => "no answer".to_owned(),
        };
        let says = format!("{what}: after {after} accounts came {}. {unknown}", came.trim_end());
        Unread { says, help: error.help().map(|help| format!("What helps: {help}.")) }
    }
}
