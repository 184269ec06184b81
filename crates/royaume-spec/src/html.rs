//! As much HTML as a test needs: the form of a page.

/// A form: where it goes and what it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Its address.
    pub action: String,
    /// Its hidden fields.
    pub hidden: Vec<(String, String)>,
}

/// The first form of a page that is posted.
pub fn form(page: &str) -> Option<Form> {
    let mut rest = page;
    while let Some(at) = rest.find("<form") {
        let (tag, inside) = rest[at..].split_once('>')?;
        let end = inside.find("</form>").unwrap_or(inside.len());
        if attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post")) {
            let hidden = inside[..end]
                .split("<input")
                .skip(1)
                .filter_map(|input| input.split_once('>').map(|(tag, _)| tag))
                .filter(|tag| attribute(tag, "type").as_deref() == Some("hidden"))
                .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
                .collect();
            return Some(Form { action: attribute(tag, "action")?, hidden });
        }
        rest = inside;
    }
    None
}

/// The value of an attribute, with its references resolved.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!(" {name}="))? + name.len() + 2;
    let rest = &tag[at..];
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split([' ', '>', '/']).next()?,
    };
    let resolved =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
            .into_iter()
            .fold(value.to_owned(), |text, (reference, character)| text.replace(reference, character));
    Some(resolved.replace("&#60;", "<").replace("&#62;", ">").replace("&amp;", "&"))
}
