//! The pages of the ledger: block blobs that are written on condition of their ETag.
//!
//! Sent twice, such a write is refused the second time, and nobody could tell whether because of somebody else or of
//! ourselves. So this client repeats nothing by itself. A write without an answer is settled by reading: each version has
//! an id of its own. Where somebody has turned the page since, nobody can say, and that is an error.

use azure_core::Bytes;
use azure_core::http::{Etag, RequestContent};
use azure_storage_blob::models::{BlobClientUploadOptions, StorageErrorCode};
use azure_storage_blob::{BlobClient, BlobContainerClient};
use serde_json::Value;

use super::{Container, Result, error, fetch, is, is_missing};
use crate::error::Error;
use crate::page::{Page, PageName, Version};

/// How often a page is written at the most while the service does not answer.
const TRIES: usize = 3;

/// The container as a client sees it that repeats nothing.
pub(super) struct Once(pub(super) BlobContainerClient);

/// A page in the container.
#[derive(Default)]
struct Kept {
    page: Page,
    /// The id of its version, whatever the service calls it.
    id: Version,
}

impl Container {
    /// A page as the service has it now, under the name that it gives this version: the ETag.
    pub(super) async fn read_page(&self, name: &PageName) -> Result<Page, Error> {
        Ok(self.kept(name).await?.page)
    }

    async fn kept(&self, name: &PageName) -> Result<Kept, Error> {
        let (etag, text) = match fetch(&self.client.blob_client(&name.path()), None).await {
            Ok(fetched) => fetched,
            Err(missing) if is_missing(&missing) => return Ok(Kept::default()),
            Err(source) => return Err(error(format!("page {name} could not be read"), source)),
        };
        let Page { value, version: id } = Page::read(name, &text)?;
        let version = etag.map(|etag| Version::of(etag.as_ref())).unwrap_or_default();
        Ok(Kept { page: Page { value, version }, id })
    }

    /// Writes a page if the version that was seen is still the last.
    pub(super) async fn turn_page(
        &self,
        name: &PageName,
        seen: &Version,
        value: &Value,
    ) -> Result<bool, Error> {
        let (blob, next) = (self.once.0.blob_client(&name.path()), Page::fresh(value));
        let (text, mut lost) = (Bytes::from(next.text()?), None);
        for _ in 0..TRIES {
            match put(&blob, seen, &text).await {
                Ok(true) => return Ok(true),
                Ok(false) if lost.is_none() => return Ok(false),
                Ok(false) => {}
                Err(missing) if is(&missing, StorageErrorCode::ContainerNotFound) => {
                    let made = self.make_container().await;
                    made.map_err(|source| error(unturned(name), source))?;
                    continue;
                }
                Err(source) => lost = Some(source),
            }
            match self.kept(name).await? {
                now if now.id == next.version => return Ok(true),
                now if now.page.version != *seen => break,
                _ => {}
            }
        }
        Err(lost.map_or_else(|| Error::contended(name), |source| error(unturned(name), source)))
    }
}

fn unturned(name: &PageName) -> String {
    format!("page {name} could not be turned, or nobody can say whether it was")
}

/// Writes a page; false if somebody else was first.
async fn put(blob: &BlobClient, seen: &Version, text: &Bytes) -> Result<bool> {
    let options = BlobClientUploadOptions {
        if_match: seen.text().map(Etag::from),
        if_none_match: seen.text().is_none().then(|| Etag::from("*")),
        ..Default::default()
    };
    match blob.upload(RequestContent::from(text.to_vec()), Some(options)).await {
        Err(late) if is_late(&late) => Ok(false),
        put => put.map(|_| true),
    }
}

fn is_late(error: &azure_core::Error) -> bool {
    is(error, StorageErrorCode::ConditionNotMet) || is(error, StorageErrorCode::BlobAlreadyExists)
}
