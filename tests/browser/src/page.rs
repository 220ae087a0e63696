//! A page as somebody sees it and works with it.

use base64::prelude::{BASE64_STANDARD, Engine};
use reqwest::Client;
use serde_json::{Value, json};

use crate::Error;
use crate::driver::command;

/// A key that has no letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// On to what comes next.
    Tab,
    /// Do it.
    Enter,
    /// Do it, too.
    Space,
}

/// A page in a browser of its own.
#[derive(Debug)]
pub struct Page {
    http: Client,
    session: String,
}

impl Page {
    pub(crate) fn new(http: Client, session: String) -> Self {
        Self { http, session }
    }

    async fn ask(&self, what: &str, body: Value) -> Result<Value, Error> {
        command(&self.http, &format!("{}/{what}", self.session), &body).await
    }

    /// A command of the DevTools protocol.
    async fn devtools(&self, name: &str, parameters: Value) -> Result<Value, Error> {
        self.ask("goog/cdp/execute", json!({"cmd": name, "params": parameters})).await
    }

    /// Goes there, and waits until it is loaded.
    ///
    /// # Errors
    ///
    /// It does not load.
    pub async fn goto(&self, url: &str) -> Result<(), Error> {
        self.ask("url", json!({"url": url})).await.map(drop)
    }

    /// What an expression of JavaScript comes to.
    ///
    /// # Errors
    ///
    /// It throws.
    pub async fn look(&self, expression: &str) -> Result<Value, Error> {
        self.ask("execute/sync", json!({"script": format!("return ({expression})"), "args": []})).await
    }

    /// Clicks on the first element of a selector, as a person does: it must be in sight.
    ///
    /// # Errors
    ///
    /// There is none, or it cannot be clicked.
    pub async fn click(&self, selector: &str) -> Result<(), Error> {
        let element = self.find(selector).await?;
        self.ask(&format!("element/{element}/click"), json!({})).await.map(drop)
    }

    /// Types into the first element of a selector.
    ///
    /// # Errors
    ///
    /// There is none, or nothing can be typed into it.
    pub async fn type_into(&self, selector: &str, text: &str) -> Result<(), Error> {
        let element = self.find(selector).await?;
        self.ask(&format!("element/{element}/value"), json!({"text": text})).await.map(drop)
    }

    async fn find(&self, selector: &str) -> Result<String, Error> {
        let found = self.ask("element", json!({"using": "css selector", "value": selector})).await?;
        let mut ids = found.as_object().into_iter().flat_map(|found| found.values());
        let id = ids.next().and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| Error::new(format!("{selector} is nothing to work with")))
    }

    /// Presses a key, wherever the focus is.
    ///
    /// # Errors
    ///
    /// The driver refuses.
    pub async fn press(&self, key: Key) -> Result<(), Error> {
        let key = match key {
            Key::Tab => "\u{e004}",
            Key::Enter => "\u{e007}",
            Key::Space => " ",
        };
        let strokes = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let keyboard = json!([{"type": "key", "id": "keyboard", "actions": strokes}]);
        self.ask("actions", json!({"actions": keyboard})).await.map(drop)
    }

    /// Makes the window as wide and high as this; a phone, if it is narrow.
    ///
    /// # Errors
    ///
    /// The driver refuses.
    pub async fn size(&self, width: u32, height: u32) -> Result<(), Error> {
        let mobile = width < 600;
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 2, "mobile": mobile});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await.map(drop)
    }

    /// Sees to it that dark colours are liked, or light ones.
    ///
    /// # Errors
    ///
    /// The driver refuses.
    pub async fn dark(&self, dark: bool) -> Result<(), Error> {
        let value = if dark { "dark" } else { "light" };
        let feature = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.devtools("Emulation.setEmulatedMedia", feature).await.map(drop)
    }

    /// Switches scripts off, for the page that is opened next.
    ///
    /// # Errors
    ///
    /// The driver refuses.
    pub async fn without_scripts(&self) -> Result<(), Error> {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await.map(drop)
    }

    /// The whole page as a picture (PNG).
    ///
    /// # Errors
    ///
    /// The driver refuses.
    pub async fn picture(&self) -> Result<Vec<u8>, Error> {
        let taken = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true})).await?;
        decoded(&taken["data"])
    }

    /// The page as it is printed (PDF).
    ///
    /// # Errors
    ///
    /// The driver refuses.
    pub async fn print(&self) -> Result<Vec<u8>, Error> {
        let wanted = json!({"printBackground": true, "preferCSSPageSize": true});
        decoded(&self.devtools("Page.printToPDF", wanted).await?["data"])
    }

    /// What the browser had to say about the page: errors of scripts, what its policy kept it from, what did not load.
    ///
    /// # Errors
    ///
    /// The driver refuses.
    pub async fn complaints(&self) -> Result<Vec<String>, Error> {
        let log = self.ask("se/log", json!({"type": "browser"})).await?;
        let entries = log.as_array().into_iter().flatten();
        Ok(entries.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect())
    }

    /// Every address that was asked for since this was last called, with a scheme that asks somebody.
    ///
    /// # Errors
    ///
    /// The driver refuses.
    pub async fn requests(&self) -> Result<Vec<String>, Error> {
        let log = self.ask("se/log", json!({"type": "performance"})).await?;
        let events = log.as_array().into_iter().flatten().filter_map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let is_request = event["message"]["method"] == "Network.requestWillBeSent";
            let url = event["message"]["params"]["request"]["url"].as_str().filter(|_| is_request)?;
            (!url.starts_with("data:")).then(|| url.to_owned())
        });
        Ok(events.collect())
    }
}

fn decoded(value: &Value) -> Result<Vec<u8>, Error> {
    let text = value.as_str().unwrap_or_default();
    BASE64_STANDARD.decode(text).map_err(Error::of("the driver sends no base64"))
}
