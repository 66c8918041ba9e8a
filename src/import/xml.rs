//! XML as firewalld writes it, as a list of its elements.

use roxmltree::{Document, Node};

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// How many elements it lies in.
    pub(crate) depth: usize,
    /// The line on which it begins, counted from 1.
    pub(crate) line: u64,
    /// Its text, without that of the elements in it.
    pub(crate) text: String,
}

impl Element {
    /// The value of an attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The elements of a document in the order of their tags; each lies in the nearest one before it that is
/// less deep. A document type is not read: entities of its own would be a stranger's way to other files.
///
/// # Errors
/// In words, with the line, when it is not well-formed, or has a document type.
pub(crate) fn elements(text: &str) -> Result<Vec<Element>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    // By the number of the node; those of the ancestors are smaller.
    let mut depths: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    // Elements come in the order in which they begin.
    let (mut line, mut counted) = (1, 0);
    for node in document.descendants() {
        let parent = node.parent().filter(Node::is_element);
        let depth = parent.map_or(0, |parent| 1 + depth_of(&depths, parent));
        depths.push(depth);
        if node.is_element() {
            let start = node.range().start;
            let passed = text.get(counted..start).unwrap_or_default();
            line += passed.matches('\n').count();
            counted = start;
            found.push(element(node, depth, line));
        }
    }
    Ok(found)
}

fn depth_of(depths: &[usize], node: Node<'_, '_>) -> usize {
    depths.get(node.id().get_usize()).copied().unwrap_or(0)
}

fn element(node: Node<'_, '_>, depth: usize, line: usize) -> Element {
    let attributes = node.attributes();
    let texts = node.children().filter(Node::is_text);
    Element {
        name: node.tag_name().name().to_owned(),
        attributes: attributes
            .map(|one| (one.name().to_owned(), one.value().to_owned()))
            .collect(),
        depth,
        line: u64::try_from(line).unwrap_or(u64::MAX),
        text: texts.filter_map(|text| text.text()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_attributes_depths_and_lines() {
        let text = "<?xml version=\"1.0\"?>\n<!-- <x> -->\n<zone target='DROP'>\n <a b=\"1 &amp; 2\"/>\n \
                    <entry>10.0.0.1</entry>\n</zone>\n";
        let found = elements(text).unwrap();
        let lines: Vec<String> = found
            .iter()
            .map(|one| {
                format!(
                    "{} {} {} {:?}",
                    one.line,
                    one.depth,
                    one.name,
                    one.text.trim()
                )
            })
            .collect();
        assert_eq!(
            lines,
            ["3 0 zone \"\"", "4 1 a \"\"", "5 1 entry \"10.0.0.1\""]
        );
        assert_eq!(found[1].get("b"), Some("1 & 2"));
        assert_eq!(found[0].get("target"), Some("DROP"));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let deep = "<a>".repeat(100_000);
        for bad in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a b/>",
            "<a b=c/>",
            "<a b='1' b='2'/>",
            "<a>&x;</a>",
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"/etc/passwd\">]><a>&x;</a>",
            "<a/>x",
            "</a>",
            "<>",
            "<a b='",
            &deep,
        ] {
            assert!(elements(bad).is_err(), "{bad}");
        }
    }
}
