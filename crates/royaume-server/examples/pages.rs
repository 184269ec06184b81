//! Writes every sample of every page, and what they are made of, into a directory: to look at, or to check.
//!
//! `cargo run -p royaume-server --example pages -- DIRECTORY`

use std::path::Path;

use royaume_server::pages;

fn main() -> std::io::Result<()> {
    let directory = std::env::args().nth(1).unwrap_or_else(|| "pages".to_owned());
    let directory = Path::new(&directory);
    std::fs::create_dir_all(directory.join("assets"))?;
    for (name, html) in pages::samples() {
        for path in html.split('"').filter(|text| text.starts_with("/assets/")) {
            if let Some(asset) = pages::asset(path) {
                std::fs::write(directory.join(path.trim_start_matches('/')), asset.bytes)?;
            }
        }
        // Beside the pages, so that a browser finds them without a server.
        let html = html.replace("\"/assets/", "\"assets/");
        std::fs::write(directory.join(format!("{name}.html")), html)?;
    }
    Ok(())
}
