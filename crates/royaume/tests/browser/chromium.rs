//! A person's browser: Chromium, driven over the WebDriver protocol (W3C WebDriver, level 2).
//!
//! The protocol is a dozen requests with JSON in them, so it is spoken here with the HTTP client that the house has.
//! Nothing waits for a time: the driver answers when a page has loaded, and when an element is there.

use std::io::{BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long a condition may take to come true, on a machine that is busy with something else.
const PATIENCE_MILLISECONDS: u32 = 90_000;

/// The name under which the protocol refers to elements (§12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys (§17.4.2).
pub(crate) const TAB: char = '\u{E004}';
pub(crate) const ENTER: char = '\u{E007}';

/// What a person has set in the browser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// What the browser asks for in `Accept-Language`.
    pub(crate) language: &'static str,
    /// Do pages run scripts?
    pub(crate) scripts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { language: "fr", scripts: true }
    }
}

/// A browser with an empty profile. Dropping it ends its processes.
pub(crate) struct Browser {
    driver: Child,
    client: reqwest::Client,
    runtime: Runtime,
    session: String,
    _profile: TempDir,
}

impl Browser {
    pub(crate) fn start(settings: Settings) -> Self {
        let mut driver = Command::new(installed("chromedriver", "chromium-driver"))
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse::<u16>().ok()
            })
            .expect("chromedriver says on which port it listens");
        // The pipe stays open, so that the driver may still write.
        std::thread::spawn(move || lines.for_each(drop));

        let profile = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let session = format!("http://{}:{port}/session", Ipv4Addr::LOCALHOST);
        let mut browser = Self { driver, client, runtime, session, _profile: profile };
        let created = browser.post("", capabilities(settings, &browser._profile));
        let id = created["sessionId"].as_str().expect("a session has an id");
        browser.session = format!("{}/{id}", browser.session);
        // Chromium opens with a page of its own, whose history is nobody's.
        browser.open("about:blank");
        browser.history();
        browser
    }

    /// Opens an address, as if it had been typed, and waits until the page has loaded.
    #[track_caller]
    pub(crate) fn open(&self, address: &str) {
        self.post("/url", json!({ "url": address }));
    }

    /// The address of the page.
    #[track_caller]
    pub(crate) fn address(&self) -> String {
        text(&self.read("/url"))
    }

    /// The title of the page.
    #[track_caller]
    pub(crate) fn title(&self) -> String {
        text(&self.read("/title"))
    }

    /// Waits until a page with that element is there.
    #[track_caller]
    pub(crate) fn await_id(&self, id: &str) {
        self.element(&format!("#{id}"));
    }

    /// What is to be read in an element, once it is there.
    #[track_caller]
    pub(crate) fn text(&self, selector: &str) -> String {
        text(&self.read(&format!("/element/{}/text", self.element(selector))))
    }

    /// A property of an element (§12.4.3), once it is there.
    #[track_caller]
    pub(crate) fn property(&self, selector: &str, name: &str) -> Value {
        self.read(&format!("/element/{}/property/{name}", self.element(selector)))
    }

    /// The element that has the focus: its id.
    #[track_caller]
    pub(crate) fn focused(&self) -> String {
        let element = text(&self.read("/element/active")[ELEMENT]);
        text(&self.read(&format!("/element/{element}/property/id")))
    }

    /// A computed style of the element that has the focus.
    #[track_caller]
    pub(crate) fn style_of_focused(&self, property: &str) -> String {
        let element = text(&self.read("/element/active")[ELEMENT]);
        text(&self.read(&format!("/element/{element}/css/{property}")))
    }

    /// Writes into a field, in the place of what was there.
    #[track_caller]
    pub(crate) fn fill(&self, id: &str, words: &str) {
        let element = self.element(&format!("#{id}"));
        self.post(&format!("/element/{element}/clear"), json!({}));
        self.post(&format!("/element/{element}/value"), json!({ "text": words }));
    }

    /// Presses a button or follows a link with the pointer.
    #[track_caller]
    pub(crate) fn press(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.element(selector)), json!({}));
    }

    /// Types on the keyboard, wherever the focus is.
    #[track_caller]
    pub(crate) fn keys(&self, keys: &str) {
        let strokes: Vec<_> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|way| json!({ "type": way, "value": key.to_string() })))
            .collect();
        self.post(
            "/actions",
            json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }),
        );
    }

    /// Runs a script of the test's own, outside the page's policy, and waits for what it calls back with (§13.2.2).
    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/async", json!({ "script": script, "args": [] }))
    }

    /// Speaks to the browser's developer tools (Chrome DevTools Protocol).
    #[track_caller]
    pub(crate) fn devtools(&self, command: &str, parameters: Value) {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters }));
    }

    /// Every address that pages asked for since the last question, and what the browser complained of meanwhile.
    #[track_caller]
    pub(crate) fn history(&self) -> History {
        let entries = |kind: &str| self.post("/se/log", json!({ "type": kind })).as_array().cloned().unwrap();
        let requested = entries("performance").into_iter().filter_map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &event["message"];
            (message["method"] == "Network.requestWillBeSent")
                .then(|| text(&message["params"]["request"]["url"]))
        });
        // What is said for information, as that a logout cleared the cache, is no complaint.
        let console = entries("browser").into_iter().filter(|entry| entry["level"] != "INFO");
        let complaints =
            console.map(|entry| format!("{} {}", text(&entry["level"]), text(&entry["message"])));
        History { requested: requested.collect(), complaints: complaints.collect() }
    }

    /// The element, once it is there: the driver looks until its patience ends (§12.3.2).
    #[track_caller]
    fn element(&self, selector: &str) -> String {
        let asked = json!({ "using": "css selector", "value": selector });
        let found = self.try_post("/element", asked).unwrap_or_else(|error| {
            let page = self.try_read("/source").unwrap_or_default();
            panic!("{selector} is not on {}: {error}\n{}", self.address(), text(&page))
        });
        text(&found[ELEMENT])
    }

    #[track_caller]
    fn read(&self, path: &str) -> Value {
        self.try_read(path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    #[track_caller]
    fn post(&self, path: &str, body: Value) -> Value {
        self.try_post(path, body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn try_read(&self, path: &str) -> Result<Value, String> {
        self.send(self.client.get(format!("{}{path}", self.session)))
    }

    fn try_post(&self, path: &str, body: Value) -> Result<Value, String> {
        let request = self.client.post(format!("{}{path}", self.session));
        self.send(request.header("content-type", "application/json").body(body.to_string()))
    }

    /// A command and its answer: `value`, or the error within it (§6.6).
    fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, String> {
        let answer = self.runtime.block_on(async { request.send().await?.bytes().await });
        let answer: Value = serde_json::from_slice(&answer.map_err(|error| format!("{error:?}"))?)
            .map_err(|error| error.to_string())?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"])),
            None => Ok(answer["value"].clone()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ending the session ends Chromium; the driver is ended by its id.
        let _ = self.send(self.client.delete(&self.session));
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// What a browser did between two questions.
#[derive(Debug)]
pub(crate) struct History {
    /// The addresses it asked for.
    pub(crate) requested: Vec<String>,
    /// What it wrote to its console: refused styles, missing files.
    pub(crate) complaints: Vec<String>,
}

fn capabilities(settings: Settings, profile: &TempDir) -> Value {
    let scripts = if settings.scripts { 1 } else { 2 };
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "timeouts": {
            "implicit": PATIENCE_MILLISECONDS,
            "pageLoad": PATIENCE_MILLISECONDS,
            "script": PATIENCE_MILLISECONDS,
        },
        "goog:loggingPrefs": { "performance": "ALL", "browser": "ALL" },
        "goog:chromeOptions": {
            "binary": installed("chromium", "chromium"),
            "args": [
                "--headless=new",
                // In a container the tests are root, and root has no sandbox.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                // A closed network refuses what Chromium asks for on its own, and then what pages ask for.
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1280,900",
                format!("--user-data-dir={}", profile.path().display()),
            ],
            "prefs": {
                "intl.accept_languages": settings.language,
                "profile.default_content_setting_values.javascript": scripts,
            },
        },
    } } })
}

/// A program of this machine.
fn installed(program: &str, package: &str) -> PathBuf {
    let places = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&places).map(|place| place.join(program)).find(|path| path.is_file()).unwrap_or_else(
        || {
            panic!(
                "the browser tests need {program}: install Debian's package {package}, or run ./check, which does"
            )
        },
    )
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
