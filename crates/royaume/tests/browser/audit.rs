//! Whether everybody can use a page: axe-core's rules (WCAG 2.2 A and AA, and its best practices), and what it does
//! not measure: room on small screens, under zoom and with large letters, and targets that a finger meets.

use std::path::Path;

use serde_json::{Value, json};

use crate::chromium::Browser;

/// A way of looking at a page.
struct View {
    name: &'static str,
    width: u32,
    height: u32,
    /// Browser zoom makes a page of half the width with twice as many pixels.
    zoom: u32,
    /// The reader's letters, in pixels: 16 unless they ask for larger ones.
    letters: u32,
    theme: &'static str,
}

const DESK: View = View { name: "desk", width: 1280, height: 900, zoom: 1, letters: 16, theme: "light" };

/// WCAG 2.2 §1.4.3 (contrast, in both themes), §1.4.4 (letters of twice the size), §1.4.10 (320 pixels of width).
const VIEWS: [View; 6] = [
    View { name: "phone", width: 320, height: 640, ..DESK },
    View { name: "phone in the dark", width: 320, height: 640, theme: "dark", ..DESK },
    View { name: "desk in the dark", theme: "dark", ..DESK },
    View { name: "zoom of 200 %", width: 640, height: 450, zoom: 2, ..DESK },
    View { name: "letters of 200 %", letters: 32, ..DESK },
    // Last, so that the page is left as it was met.
    DESK,
];

/// Looks at the page that the browser shows, in every view, and fails on anything that would shut somebody out.
#[track_caller]
pub(crate) fn page(browser: &Browser, name: &str) {
    browser.run(&format!("{};\narguments[arguments.length - 1](true)", axe()));
    for view in VIEWS {
        look_from(browser, &view);
        let seen = browser.run(AUDIT);
        let faults = seen["faults"].as_array().expect("the audit has an outcome");
        assert!(
            faults.is_empty(),
            "{name} ({}), at {}: {:#}",
            view.name,
            browser.address(),
            Value::from(faults.clone())
        );
        let rules = seen["rules"].as_u64().unwrap_or_default();
        assert!(rules > 15, "{name} ({}): axe-core found only {rules} rules to apply", view.name);
    }
}

/// The browser's window, theme and letters.
fn look_from(browser: &Browser, view: &View) {
    browser.devtools(
        "Emulation.setDeviceMetricsOverride",
        json!({
            "width": view.width,
            "height": view.height,
            "deviceScaleFactor": view.zoom,
            "mobile": view.width < 600,
        }),
    );
    browser.devtools(
        "Emulation.setEmulatedMedia",
        json!({ "features": [{ "name": "prefers-color-scheme", "value": view.theme }] }),
    );
    browser.devtools(
        "Page.setFontSizes",
        json!({ "fontSizes": { "standard": view.letters, "fixed": view.letters } }),
    );
}

/// Everything at once: what axe-core finds or cannot decide, what sticks out, and what is too small to touch.
/// WCAG 2.2 §2.5.5 asks for 44 pixels; links within sentences are exempt.
const AUDIT: &str = r#"
const done = arguments[arguments.length - 1];
const faults = [];
const root = document.documentElement;
for (const details of document.querySelectorAll("details")) details.open = true;
if (root.scrollWidth > root.clientWidth) {
  const wide = [...document.querySelectorAll("main *, header *, footer *")]
    .filter((one) => one.getBoundingClientRect().right > root.clientWidth + 0.5)
    .map((one) => one.outerHTML.slice(0, 120));
  faults.push({ rule: "no horizontal scrolling", width: root.scrollWidth, of: root.clientWidth, wide });
}
for (const control of document.querySelectorAll("button, input:not([type=hidden]), summary, a:not(.skip)")) {
  const box = control.getBoundingClientRect();
  const within_sentence = getComputedStyle(control).display === "inline";
  if (!within_sentence && box.height > 0 && (box.height < 43.9 || box.width < 43.9)) {
    faults.push({ rule: "targets of 44 pixels", height: box.height, width: box.width, of: control.outerHTML });
  }
}
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, { runOnly: { type: "tag", values: tags } }).then(
  (found) => {
    for (const { id, help, nodes } of [...found.violations, ...found.incomplete]) {
      faults.push({ rule: id, help, nodes: nodes.map((node) => [node.html, node.failureSummary]) });
    }
    done({ faults, rules: found.passes.length });
  },
  (error) => done({ faults: [String(error)], rules: 0 }),
);
"#;

/// axe-core, as npm installed it.
fn axe() -> String {
    let place =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&place).unwrap_or_else(|_| {
        panic!(
            "the browser tests need axe-core at {}: run npm install --prefix target/axe axe-core@4, or ./check, \
             which does",
            place.display()
        )
    })
}
