//! The driver: a process that starts browsers, and takes commands for them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::{Error, Page};

const INSTALL: &str =
    "apt-get install chromium chromium-driver, or brew install --cask chromium and chromedriver";

/// A page is ours and comes from this machine, so it needs no sandbox, which containers and root do not have.
const ARGUMENTS: [&str; 7] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
];

/// A driver with its browsers, which end with it.
#[derive(Debug)]
pub struct Browser {
    port: u16,
    http: Client,
    _driver: Child,
}

impl Browser {
    /// Starts a driver.
    ///
    /// # Errors
    ///
    /// It is not installed, which says what to install; or it does not start.
    pub async fn start() -> Result<Self, Error> {
        // Even a client that speaks plain HTTP only wants to know with what it would encrypt.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build();
        let http = http.map_err(Error::of("cannot make an HTTP client"))?;
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let mut driver = driver
            .map_err(Error::of(format!("pages are looked at in Chromium: {INSTALL} (chromedriver)")))?;
        let port = port(&mut driver).await?;
        Ok(Self { port, http, _driver: driver })
    }

    /// Opens a page in a browser of its own, which remembers nothing.
    ///
    /// # Errors
    ///
    /// The browser is not installed, which says what to install; or the page does not open.
    pub async fn open(&self, url: &str) -> Result<Page, Error> {
        let page = self.blank().await?;
        page.goto(url).await?;
        Ok(page)
    }

    /// A browser with nothing in it, to be told how it is to look at a page before it does.
    ///
    /// # Errors
    ///
    /// The browser is not installed, which says what to install.
    pub async fn blank(&self) -> Result<Page, Error> {
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": ARGUMENTS},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let root = format!("http://127.0.0.1:{}/session", self.port);
        let begun =
            command(&self.http, &root, &wanted).await.map_err(Error::of(format!("no browser: {INSTALL}")))?;
        let id = begun["sessionId"].as_str().ok_or_else(|| Error::new("the driver began no session"))?;
        Ok(Page::new(self.http.clone(), format!("{root}/{id}")))
    }
}

/// What the driver says when it is ready.
async fn port(driver: &mut Child) -> Result<u16, Error> {
    let silent = || Error::new("chromedriver does not say on which port it listens");
    let mut lines = BufReader::new(driver.stdout.take().ok_or_else(silent)?).lines();
    while let Some(line) = lines.next_line().await.map_err(Error::of("chromedriver says nothing"))? {
        let port = line.split_once(" on port ").and_then(|(_, port)| port.trim_end_matches('.').parse().ok());
        if let Some(port) = port.filter(|port| *port > 0) {
            // Whoever listens no more would end it with the next line.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(port);
        }
    }
    Err(silent())
}

/// Sends a command, and gives its value.
pub(crate) async fn command(http: &Client, url: &str, body: &Value) -> Result<Value, Error> {
    let sent = http.post(url).json(body).send().await.map_err(Error::of("the driver does not answer"))?;
    let is_well = sent.status().is_success();
    let mut answer: Value = sent.json().await.map_err(Error::of("the driver does not answer with JSON"))?;
    let value = answer["value"].take();
    match is_well {
        true => Ok(value),
        false => Err(Error::new(value["message"].as_str().unwrap_or("the driver refuses").to_owned())),
    }
}

impl Drop for Browser {
    /// A driver that is killed leaves its browsers behind, so it is asked to end first.
    fn drop(&mut self) {
        let Ok(mut driver) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) else { return };
        let _ = driver.set_read_timeout(Some(Duration::from_secs(5)));
        let asked =
            driver.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        let _ = asked.and_then(|()| driver.read_to_end(&mut Vec::new()));
    }
}
