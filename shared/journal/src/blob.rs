//! The journal in a container of Azure Blob Storage: for the cloud, where the disk of a function is gone tomorrow.
//!
//! A run is an append blob, and a mark an empty one; a block is appended whole or not at all. A run begins in two requests,
//! because an append blob is born empty: create the blob unless it exists, then append the first line *on condition that
//! the blob is still empty*. The second decides the race, so a crash between the two leaves an empty blob that counts as
//! no run, and the next one to begin it carries on.
//!
//! The client below repeats a request whose reply was lost, so any of them may arrive twice. A repeated create finds the
//! blob there, which is as good; a repeated first append finds it no longer empty, and looks whether the first line is its
//! own; a repeated append is told apart by its ids on reading (see [`crate::lines`]). No append waits for another. A try
//! that has no answer in time is repeated as well (see [`crate::patience`]).
//!
//! A page of the ledger is another matter: see `pages`.
//!
//! It holds no lease, and reads nothing before it appends. Azure allows 50,000 appends to one blob and 100 MiB in each
//! (*Append Block*, Blob service REST API); the error of the service says so when a run exceeds them.

mod pages;

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::Bytes;
use azure_core::error::ErrorKind;
use azure_core::http::{
    ClientOptions, Etag, ExponentialRetryOptions, RequestContent, RetryOptions, StatusCode, Url,
};
use azure_core::time::{Duration, OffsetDateTime};
use azure_storage_blob::models::{
    AppendBlobClientAppendBlockOptions, AppendBlobClientCreateOptions, BlobClientDeleteOptions,
    BlobClientDownloadOptions, BlobContainerClientListBlobsOptions, BlobItem, HttpRange, StorageErrorCode,
};
use azure_storage_blob::{BlobClient, BlobContainerClient, BlobContainerClientOptions};
use futures_util::future::ready;
use futures_util::{Stream, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde_json::Value;

use self::pages::Once;
use crate::error::Error;
use crate::page::{Page, PageName, Version};
use crate::patience::Patience;
use crate::run::{Mark, RunId, RunKey, TaskName};
use crate::{Azure, Begun, DUE_PAGE, Journal, lines};

type Result<T, E = azure_core::Error> = std::result::Result<T, E>;

/// A run below this size is read by one request. A larger one is read in parts, and the service refuses the next part if
/// the run grew in between.
const READ_WHOLE: NonZero<usize> = NonZero::new(64 << 20).unwrap();

/// A journal in a container of blobs.
pub(crate) struct Container {
    client: BlobContainerClient,
    /// The same for what must not be sent twice.
    once: Once,
}

impl Container {
    /// The journal in this container, which is made with the first run if it is not there.
    pub(crate) fn new(url: Url, azure: Azure) -> Result<Self, Error> {
        let client = |retry| client(url.clone(), azure.clone(), retry);
        let made = client(retry()).and_then(|it| Ok((it, client(RetryOptions::none())?)));
        made.map(|(client, once)| Self { client, once: Once(once) })
            .map_err(|source| Error::failed("the container of the journal cannot be used", source))
    }

    /// Makes an empty blob unless there is one, and before it the container if need be.
    async fn make(&self, blob: &BlobClient) -> Result<()> {
        match create(blob).await {
            Err(error) if is(&error, StorageErrorCode::ContainerNotFound) => {
                self.make_container().await?;
                create(blob).await
            }
            made => made,
        }
    }

    async fn make_container(&self) -> Result<()> {
        match self.client.create(None).await {
            Err(error) if is(&error, StorageErrorCode::ContainerAlreadyExists) => Ok(()),
            made => made.map(drop),
        }
    }

    /// Begins the run that is this blob.
    async fn claim(&self, blob: &BlobClient, first: Bytes) -> Result<Begun> {
        self.make(blob).await?;
        let only_if_empty =
            AppendBlobClientAppendBlockOptions { append_position: Some(0), ..Default::default() };
        match append(blob, first.clone(), Some(only_if_empty)).await {
            Err(error) if is(&error, StorageErrorCode::AppendPositionConditionNotMet) => {
                whose(blob, &first).await
            }
            appended => appended.map(|()| Begun::New),
        }
    }

    /// The blobs in this folder, in the order of their names.
    fn list(&self, folder: &str) -> Result<impl Stream<Item = Result<BlobItem>> + Send + use<>> {
        let options =
            BlobContainerClientListBlobsOptions { prefix: Some(folder.to_owned()), ..Default::default() };
        let blobs = self.client.list_blobs(Some(options))?;
        Ok(blobs.take_while(|blob| {
            let no_container = |error| is(error, StorageErrorCode::ContainerNotFound);
            ready(!blob.as_ref().is_err_and(no_container))
        }))
    }

    /// The marks of a task, oldest first.
    fn marks(&self, task: TaskName) -> Result<impl Stream<Item = Result<Mark>> + Send + use<>> {
        let folder = task.dues();
        Ok(self.list(&folder)?.try_filter_map(move |blob| {
            let mark = name_in(&folder, &blob).and_then(|name| Mark::named(task, name));
            ready(Ok(mark))
        }))
    }

    async fn first_due(&self, task: TaskName, until: Timestamp) -> Result<Vec<Mark>> {
        let due = self.marks(task)?.try_take_while(|mark| ready(Ok(mark.at <= until)));
        due.take(DUE_PAGE).try_collect().await
    }

    async fn sweep(&self, task: TaskName, before: OffsetDateTime) -> Result<usize> {
        let marked: HashSet<RunId> = self.marks(task)?.map_ok(|mark| mark.run.run).try_collect().await?;
        let folder = task.runs();
        let mut runs = std::pin::pin!(self.list(&folder)?);
        let mut expired = 0;
        while let Some(blob) = runs.try_next().await? {
            let run = name_in(&folder, &blob).and_then(RunId::of_file);
            if let Some(run) = run.filter(|run| !marked.contains(run) && written_before(&blob, before)) {
                let run = self.client.blob_client(&RunKey { task, run }.path());
                expired += usize::from(remove(&run, Some(before)).await?);
            }
        }
        Ok(expired)
    }
}

#[async_trait]
impl Journal for Container {
    async fn begin(&self, run: &RunKey, first: &Value) -> Result<Begun, Error> {
        let (blob, first) = (self.client.blob_client(&run.path()), lines::first(first)?);
        let begun = self.claim(&blob, first.into()).await;
        begun.map_err(|source| error(format!("run {run} could not be begun"), source))
    }

    async fn append(&self, run: &RunKey, entries: &[Value]) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        let (blob, text) = (self.client.blob_client(&run.path()), lines::more(entries)?);
        append(&blob, text.into(), None).await.map_err(|source| match is_missing(&source) {
            true => Error::unknown_run(*run),
            false => error(format!("run {run} could not be written to"), source),
        })
    }

    async fn read(&self, run: &RunKey) -> Result<Option<Vec<Value>>, Error> {
        let blob = self.client.blob_client(&run.path());
        match download(&blob, None).await {
            Ok(text) => Ok(lines::read(run, &text)),
            Err(missing) if is_missing(&missing) => Ok(None),
            Err(source) => Err(error(format!("run {run} could not be read"), source)),
        }
    }

    async fn remind(&self, mark: &Mark) -> Result<(), Error> {
        let made = self.make(&self.client.blob_client(&mark.path())).await;
        made.map_err(|source| error(format!("run {} could not be marked", mark.run), source))
    }

    async fn due(&self, task: TaskName, until: Timestamp) -> Result<Vec<Mark>, Error> {
        let due = self.first_due(task, until).await;
        due.map_err(|source| error(format!("the marks of {task} could not be read"), source))
    }

    async fn forget(&self, mark: &Mark) -> Result<(), Error> {
        let removed = remove(&self.client.blob_client(&mark.path()), None).await;
        removed
            .map(drop)
            .map_err(|source| error(format!("a mark of run {} could not be removed", mark.run), source))
    }

    async fn expire(&self, task: TaskName, before: Timestamp) -> Result<usize, Error> {
        let why = || format!("old runs of {task} could not be removed");
        let before = OffsetDateTime::from_unix_timestamp(before.as_second())
            .map_err(|source| Error::failed(why(), source))?;
        let expired = self.sweep(task, before).await;
        expired.map_err(|source| error(why(), source))
    }

    async fn page(&self, name: &PageName) -> Result<Page, Error> {
        self.read_page(name).await
    }

    async fn turn(&self, name: &PageName, seen: &Version, value: &Value) -> Result<bool, Error> {
        self.turn_page(name, seen, value).await
    }
}

fn client(url: Url, azure: Azure, retry: RetryOptions) -> Result<BlobContainerClient> {
    let client_options = ClientOptions {
        transport: Some(azure.transport),
        retry,
        per_try_policies: vec![Arc::new(Patience)],
        ..ClientOptions::default()
    };
    let options = BlobContainerClientOptions { client_options, ..BlobContainerClientOptions::default() };
    BlobContainerClient::new(url, Some(azure.credential), Some(options))
}

/// Few and short: the caller of a function is waiting, and asks again if need be.
fn retry() -> RetryOptions {
    RetryOptions::exponential(ExponentialRetryOptions {
        initial_delay: Duration::milliseconds(200),
        max_retries: 4,
        max_total_elapsed: Duration::seconds(10),
        max_delay: Duration::seconds(3),
    })
}

async fn create(blob: &BlobClient) -> Result<()> {
    let options = AppendBlobClientCreateOptions::default().if_not_exists();
    match blob.append_blob_client().create(Some(options)).await {
        Err(error) if is(&error, StorageErrorCode::BlobAlreadyExists) => Ok(()),
        created => created.map(drop),
    }
}

async fn append(
    blob: &BlobClient,
    text: Bytes,
    options: Option<AppendBlobClientAppendBlockOptions<'_>>,
) -> Result<()> {
    let length = text.len() as u64;
    let text = RequestContent::from(text.to_vec());
    let appended = blob.append_blob_client().append_block(text, length, options).await;
    appended.map(drop)
}

/// Somebody began this run; whether it was us, with an append whose reply was lost, the first line says.
async fn whose(blob: &BlobClient, first: &Bytes) -> Result<Begun> {
    let there = download(blob, Some(HttpRange::new(0, first.len() as u64))).await?;
    Ok(if there == first { Begun::New } else { Begun::Before })
}

async fn download(blob: &BlobClient, range: Option<HttpRange>) -> Result<Bytes> {
    fetch(blob, range).await.map(|(_, text)| text)
}

/// What stands in a blob, with the name of this version of it.
async fn fetch(blob: &BlobClient, range: Option<HttpRange>) -> Result<(Option<Etag>, Bytes)> {
    let options = BlobClientDownloadOptions { range, partition_size: Some(READ_WHOLE), ..Default::default() };
    let fetched = blob.download(Some(options)).await?;
    Ok((fetched.properties.etag, fetched.body.collect().await?))
}

/// Removes a blob, if it is there and was not written to since that time; says whether it did.
async fn remove(blob: &BlobClient, unmodified_since: Option<OffsetDateTime>) -> Result<bool> {
    let options = BlobClientDeleteOptions { if_unmodified_since: unmodified_since, ..Default::default() };
    match blob.delete(Some(options)).await {
        Err(error) if is_missing(&error) || is(&error, StorageErrorCode::ConditionNotMet) => Ok(false),
        removed => removed.map(|_| true),
    }
}

fn written_before(blob: &BlobItem, before: OffsetDateTime) -> bool {
    let written = blob.properties.as_ref().and_then(|properties| properties.last_modified);
    written.is_some_and(|written| written < before)
}

fn name_in<'a>(folder: &str, blob: &'a BlobItem) -> Option<&'a str> {
    blob.name.as_deref()?.strip_prefix(folder)
}

/// Whether the service answered with this code.
fn is(error: &azure_core::Error, expected: StorageErrorCode) -> bool {
    match error.kind() {
        ErrorKind::HttpResponse { error_code, .. } => error_code.as_deref() == Some(expected.as_ref()),
        _ => false,
    }
}

fn is_missing(error: &azure_core::Error) -> bool {
    is(error, StorageErrorCode::BlobNotFound) || is(error, StorageErrorCode::ContainerNotFound)
}

fn error(why: String, source: azure_core::Error) -> Error {
    match source.http_status() {
        Some(StatusCode::Unauthorized | StatusCode::Forbidden) => Error::denied(
            format!(
                "{why}: give the identity the role Storage Blob Data Contributor on the container, and let its network \
                 through the firewall of the storage account"
            ),
            source,
        ),
        _ => Error::failed(why, source),
    }
}

#[cfg(test)]
mod tests {
    use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
    use azure_core::http::{AsyncRawResponse, HttpClient, Request, Transport};

    use super::*;
    use crate::Settings;

    /// Must not be asked for anything.
    #[derive(Debug)]
    struct Nobody;

    #[async_trait]
    impl TokenCredential for Nobody {
        async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> Result<AccessToken> {
            panic!("a token was asked for")
        }
    }

    #[async_trait]
    impl HttpClient for Nobody {
        async fn execute_request(&self, _: &Request) -> Result<AsyncRawResponse> {
            panic!("a request was sent")
        }
    }

    #[test]
    fn opening_a_container_asks_for_no_token_and_sends_nothing() {
        let address = "https://contoso.blob.core.windows.net/m365-journal".to_owned();
        let settings = Settings::read(&|name| (name == "M365_JOURNAL").then(|| address.clone())).unwrap();
        let azure = || Azure { credential: Arc::new(Nobody), transport: Transport::new(Arc::new(Nobody)) };
        assert!(crate::open(&settings, azure).is_ok());
    }
}
