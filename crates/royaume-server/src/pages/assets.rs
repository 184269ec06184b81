//! What pages are made of beside words: one stylesheet, one mark. Their names carry their content's digest, so that
//! they may be cached for ever.

use std::sync::OnceLock;

/// A file that is served as it is.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

const STYLESHEET: Asset =
    Asset { content_type: "text/css; charset=utf-8", bytes: include_bytes!("../../assets/royaume.css") };
const MARK: Asset = Asset { content_type: "image/svg+xml", bytes: include_bytes!("../../assets/mark.svg") };

/// Where the stylesheet lies.
pub(crate) fn stylesheet() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| path("royaume", "css", STYLESHEET.bytes))
}

/// Where the mark lies.
pub(crate) fn mark() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| path("mark", "svg", MARK.bytes))
}

/// The stylesheet, for a page that brings it along.
pub(crate) fn style() -> &'static str {
    std::str::from_utf8(STYLESHEET.bytes).expect("the stylesheet of this binary is text")
}

/// The mark as an address that holds it (RFC 2397), for a page that brings it along.
pub(crate) fn mark_within() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| format!("data:image/svg+xml;base64,{}", royaume_jose::base64::encode(MARK.bytes)))
}

/// The asset at a path.
pub fn asset(at: &str) -> Option<Asset> {
    if !at.starts_with("/assets/") {
        return None;
    }
    [(stylesheet(), STYLESHEET), (mark(), MARK)]
        .into_iter()
        .find(|(path, _)| *path == at)
        .map(|(_, asset)| asset)
}

fn path(name: &str, ending: &str, bytes: &[u8]) -> String {
    let digest: String = royaume_jose::sha256(bytes)[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("/assets/{name}-{digest}.{ending}")
}
