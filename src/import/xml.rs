//! XML as firewalld writes it, read as a list of tags: no document type, no entities but the five that
//! XML has and numbers, and a limit for the depth.

/// How deep elements may lie in each other.
const DEEPEST: usize = 32;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// How many elements it lies in.
    pub(crate) depth: usize,
    /// The line on which it begins, counted from 1.
    pub(crate) line: u64,
    /// The text right after its tag.
    pub(crate) text: String,
}

impl Element {
    /// The value of an attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is still to be read.
struct Reader<'x> {
    rest: &'x str,
    line: u64,
}

/// The elements of a document in the order of their tags; each lies in the nearest one before it that is
/// less deep.
///
/// # Errors
/// In words, with the line, when it is not well-formed, or has what is not read here.
pub(crate) fn elements(text: &str) -> Result<Vec<Element>, String> {
    let mut reader = Reader {
        rest: text.trim_start_matches('\u{feff}'),
        line: 1,
    };
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    loop {
        let between = reader.to("<").ok();
        let Some(between) = between else { break };
        if let Some(last) = found.last_mut().filter(|last| last.depth + 1 == open.len()) {
            last.text
                .push_str(&unescaped(between).map_err(|why| reader.told(&why))?);
        } else if open.is_empty() && !between.trim().is_empty() {
            return Err(reader.told("there is text outside the document"));
        }
        if reader.rest.starts_with('?') {
            reader.to("?>")?;
        } else if reader.rest.starts_with("!--") {
            reader.to("-->")?;
        } else if reader.rest.starts_with('!') {
            return Err(reader.told("it has a document type or a section that is not read"));
        } else if let Some(rest) = reader.rest.strip_prefix('/') {
            reader.rest = rest;
            let name = reader.to(">")?.trim_end();
            if open.pop().as_deref() != Some(name) {
                return Err(reader.told("its tags do not match"));
            }
        } else {
            let (element, is_open) = reader.tag(open.len())?;
            if open.is_empty() && !found.is_empty() {
                return Err(reader.told("it has more than one document"));
            }
            if is_open {
                open.push(element.name.clone());
            }
            if open.len() > DEEPEST {
                return Err(reader.told("its elements lie too deep in each other"));
            }
            found.push(element);
        }
    }
    if !open.is_empty() || found.is_empty() || !reader.rest.trim().is_empty() {
        return Err(reader.told("it has no end: it was cut"));
    }
    Ok(found)
}

impl<'x> Reader<'x> {
    fn told(&self, why: &str) -> String {
        format!("line {}: {why}", self.line)
    }

    /// What stands before `mark`, which is passed.
    fn to(&mut self, mark: &str) -> Result<&'x str, String> {
        let cut = self.rest.split_once(mark);
        let (before, after) = cut.ok_or_else(|| self.told("it has no end: it was cut"))?;
        let lines = before.bytes().filter(|byte| *byte == b'\n').count();
        self.line += u64::try_from(lines).unwrap_or(0);
        self.rest = after;
        Ok(before)
    }

    fn spaces(&mut self) {
        let rest = self.rest.trim_start();
        let passed = self.rest.len() - rest.len();
        let passed = self.rest.get(..passed).unwrap_or_default();
        let lines = passed.bytes().filter(|byte| *byte == b'\n').count();
        self.line += u64::try_from(lines).unwrap_or(0);
        self.rest = rest;
    }

    fn name(&mut self) -> Result<&'x str, String> {
        let is_name =
            |one: char| one.is_ascii_alphanumeric() || matches!(one, '-' | '_' | '.' | ':');
        let end = self
            .rest
            .find(|one| !is_name(one))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end).unwrap_or_default();
        if name.is_empty() {
            return Err(self.told("a tag has no name"));
        }
        self.rest = rest;
        Ok(name)
    }

    /// A tag after its `<`, and whether it is one that opens an element.
    fn tag(&mut self, depth: usize) -> Result<(Element, bool), String> {
        let line = self.line;
        let name = self.name()?.to_owned();
        let mut attributes: Vec<(String, String)> = Vec::new();
        let is_open = loop {
            self.spaces();
            if let Some(rest) = self.rest.strip_prefix("/>") {
                self.rest = rest;
                break false;
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                break true;
            }
            let key = self.name()?.to_owned();
            self.spaces();
            self.rest = self
                .rest
                .strip_prefix('=')
                .ok_or_else(|| self.told("an attribute has no value"))?;
            self.spaces();
            let quote = if self.rest.starts_with('\'') {
                "'"
            } else {
                "\""
            };
            self.rest = self
                .rest
                .strip_prefix(quote)
                .ok_or_else(|| self.told("a value is not quoted"))?;
            let value = unescaped(self.to(quote)?).map_err(|why| self.told(&why))?;
            if attributes.iter().any(|(known, _)| *known == key) {
                return Err(self.told("an attribute is there twice"));
            }
            attributes.push((key, value));
        };
        let element = Element {
            name,
            attributes,
            depth,
            line,
            text: String::new(),
        };
        Ok((element, is_open))
    }
}

/// Text with its entities resolved.
fn unescaped(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';').ok_or("an entity has no end")?;
        let number = |digits: &str, radix| {
            u32::from_str_radix(digits, radix)
                .ok()
                .and_then(char::from_u32)
        };
        let letter = match entity {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            other => match (other.strip_prefix("#x"), other.strip_prefix('#')) {
                (Some(digits), _) => number(digits, 16),
                (None, Some(digits)) => number(digits, 10),
                (None, None) => None,
            },
        };
        plain.push(letter.ok_or("an entity is not known")?);
        plain.push_str(rest);
    }
    Ok(plain)
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
        let deep = "<a>".repeat(40);
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
            "<a><![CDATA[x]]></a>",
        ] {
            assert!(elements(bad).is_err(), "{bad}");
        }
    }
}
