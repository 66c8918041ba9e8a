//! Text in XML: what findings and audits are printed with for build servers.

use crate::escape::{html, visible};

/// The first line of a document.
pub(crate) const XML_DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// Text inside of an attribute: markup is replaced, and what XML 1.0 has no character for (section
/// 2.2) is shown as an escape.
pub(crate) fn xml_text(text: &str) -> String {
    let text = html(&visible(text.as_bytes()));
    // No characters, and so nothing that `visible` would escape.
    text.replace('\u{fffe}', "\\u{fffe}")
        .replace('\u{ffff}', "\\u{ffff}")
}

#[cfg(test)]
mod tests {
    use super::xml_text;

    #[test]
    fn what_xml_has_no_character_for_is_an_escape() {
        let shown = xml_text("a\u{0}\u{1b}<\u{fffe}\u{ffff}\u{fffd}\u{10ffff}");
        let kept =
            |c: char| matches!(c, ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(shown.chars().all(kept), "{shown:?}");
        assert!(
            shown.contains("&lt;") && shown.contains("\\u{fffe}"),
            "{shown:?}"
        );
    }
}
