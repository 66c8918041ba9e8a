//! Tables that are sentences of `grammar/hosts_access.ebnf`: the file is read, and every production is
//! followed at random. What the grammar says in words is said here in bytes; words that nobody has
//! said yet are a failure.

use super::patterns;
use super::random::Random;
use std::collections::HashMap;
use std::fs;
use std::sync::OnceLock;

/// Part of a production.
#[derive(Debug, Clone)]
enum Node {
    Literal(Vec<u8>),
    Name(String),
    /// `? ... ?`
    Said(String),
    Choice(Vec<Node>),
    Sequence(Vec<Node>),
    Optional(Box<Node>),
    Repeated(Box<Node>),
    /// The first, but none of the second.
    Without(Box<Node>, Box<Node>),
}

/// The productions by their names.
type Grammar = HashMap<String, Node>;

/// The table of `random`'s next numbers.
pub(crate) fn table(random: &mut Random) -> Vec<u8> {
    static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
    let grammar = GRAMMAR.get_or_init(|| {
        let place = concat!(env!("CARGO_MANIFEST_DIR"), "/grammar/hosts_access.ebnf");
        read(&fs::read_to_string(place).unwrap())
    });
    let mut bytes = Vec::new();
    for _ in 0..random.below(6) {
        bytes.extend(Speaker::new(grammar, random).say("logical_line"));
    }
    if random.chance(8) {
        bytes.extend(Speaker::new(grammar, random).say("unterminated"));
    }
    while !bytes.is_empty() && random.chance(12) {
        let at = random.below(bytes.len());
        bytes.splice(at..at, Speaker::new(grammar, random).say("splice"));
    }
    bytes
}

/// Follows productions.
struct Speaker<'g, 'r> {
    grammar: &'g Grammar,
    random: &'r mut Random,
    /// The list that is being said.
    list: &'static str,
}

impl<'g, 'r> Speaker<'g, 'r> {
    fn new(grammar: &'g Grammar, random: &'r mut Random) -> Self {
        Self {
            grammar,
            random,
            list: "client_pattern",
        }
    }

    fn say(&mut self, name: &str) -> Vec<u8> {
        match name {
            "daemon_list" => self.list = "daemon_pattern",
            "client_list" => self.list = "client_pattern",
            // A word is any bytes; most are worth more if they mean something.
            "word" if self.random.chance(92) => {
                let list = self.list;
                self.list = "exact";
                let word = self.say(list);
                self.list = list;
                return word;
            }
            "exact" | "daemon_name" if self.random.chance(70) => {
                let words = [
                    "sshd", "ALL", "foo.com", "1.2.3.4", "10.", "bob", "short", "x",
                ];
                return self.random.pick(&words).as_bytes().to_vec();
            }
            "user_name" if self.random.chance(60) => {
                return self.random.pick(&["bob", "ALL", "b*"]).as_bytes().to_vec();
            }
            "list_file" => return patterns::absent_list(self.random),
            "option_name" if self.random.chance(80) => {
                let names = ["allow", "deny", "ALLOW", "Deny", "allow", "bogus"];
                return self.random.pick(&names).as_bytes().to_vec();
            }
            "line" if self.random.chance(75) => return self.say("rule"),
            _ => {}
        }
        let production = &self.grammar[name];
        self.node(production)
    }

    fn node(&mut self, node: &'g Node) -> Vec<u8> {
        match node {
            Node::Literal(bytes) => bytes.clone(),
            Node::Name(name) => self.say(name),
            Node::Said(words) => self.said(words),
            Node::Choice(nodes) => {
                let at = self.random.below(nodes.len());
                self.node(&nodes[at])
            }
            Node::Sequence(nodes) => nodes.iter().flat_map(|node| self.node(node)).collect(),
            Node::Optional(node) if self.random.chance(40) => self.node(node),
            Node::Optional(_) => Vec::new(),
            Node::Repeated(node) => (0..self.random.below(4))
                .flat_map(|_| self.node(node))
                .collect(),
            Node::Without(node, taboo) => loop {
                let bytes = self.node(node);
                if !self.is(taboo, &bytes) {
                    break bytes;
                }
            },
        }
    }

    /// Whether `bytes` is one of the few short things that are left out by `-`.
    fn is(&self, node: &Node, bytes: &[u8]) -> bool {
        match node {
            Node::Literal(literal) => literal == bytes,
            Node::Choice(nodes) => nodes.iter().any(|node| self.is(node, bytes)),
            Node::Name(name) => self.is(&self.grammar[name], bytes),
            Node::Said(words) => one_byte(words).is_some_and(|byte| bytes == [byte]),
            Node::Sequence(_) | Node::Optional(_) | Node::Repeated(_) | Node::Without(..) => {
                unreachable!("what the grammar leaves out has a fixed spelling: {node:?}")
            }
        }
    }

    /// What the grammar says in words.
    fn said(&mut self, words: &str) -> Vec<u8> {
        if let Some(byte) = one_byte(words) {
            return vec![byte];
        }
        let random = &mut *self.random;
        let known = [
            ("one byte or more without", "ALL: ALL|x|sshd: 1.2.3.4 \\"),
            ("\":\" at bracket depth", "[:]|[::1]|[a:b"),
            ("the whole word EXCEPT", "EXCEPT|except|ExcepT"),
            (
                "a decimal number up to 65535",
                "22|022|+22|23|4294967318|65535",
            ),
            ("KNOWN in any case", "KNOWN|known"),
            ("LOCAL in any case", "LOCAL|Local"),
            ("ALL in any case", "ALL|all|All"),
            (
                "four numbers as inet_aton",
                "1.2.3.0|1.2.3.4|10.0.0.0|0x1.2.3.0|01.2.0.0|255.255.255.0|255.0.0.0|255.0.255.0|0.0.0.0",
            ),
            (
                "the decimal digits at the start",
                "24|8|32|0|1|33|64|128|129|16x",
            ),
            (
                "a word with \"*\"",
                "*|1.2.*|s*d|?oo.com|*.com|**|*.foo.*|ss?d**",
            ),
            (
                "an address as inet_pton",
                "2001:db8::1|2001:DB8:0::|::|fe80::|::ffff:1.2.3.4|fe80::5%lo|::1",
            ),
        ];
        if words == "any byte but LF" {
            let common = b"a1.: ,[]@/*#=\\sd";
            return vec![match random.below(10) {
                0 => u8::try_from(random.below(255)).unwrap().max(11),
                _ => common[random.below(common.len())],
            }];
        }
        let spellings = known.iter().find(|(start, _)| words.starts_with(start));
        assert!(spellings.is_some(), "nobody has said: {words}");
        let (_, spellings) = spellings.unwrap();
        let spellings: Vec<&str> = spellings.split('|').collect();
        random.pick(&spellings).as_bytes().to_vec()
    }
}

fn one_byte(words: &str) -> Option<u8> {
    let names = [("LF", 10), ("HT", 9), ("CR", 13), ("VT", 11), ("FF", 12)];
    names
        .iter()
        .find(|(name, _)| *name == words)
        .map(|(_, byte)| *byte)
}

/// Reads a grammar in the notation of ISO 14977.
fn read(text: &str) -> Grammar {
    let uncommented: String = text
        .split("(*")
        .enumerate()
        .map(|(n, part)| {
            if n == 0 {
                part
            } else {
                part.split_once("*)").unwrap().1
            }
        })
        .collect();
    let tokens = tokens(&uncommented);
    let mut reader = Reader { tokens, at: 0 };
    let mut grammar = Grammar::new();
    while reader.at < reader.tokens.len() {
        let name = reader.take();
        assert_eq!(reader.take(), "=", "behind {name}");
        let body = reader.choice();
        assert_eq!(reader.take(), ";", "behind the production of {name}");
        grammar.insert(name, flat(body));
    }
    grammar
}

/// Names, marks, `"literals"` and `?what is said?`, both with their marks.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => 2 + rest[1..].find('"').unwrap(),
            '?' => {
                let mut is_quoted = false;
                let end = rest[1..].find(|c| {
                    is_quoted ^= c == '"';
                    c == '?' && !is_quoted
                });
                2 + end.unwrap()
            }
            c if c.is_ascii_alphanumeric() => rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(rest.len()),
            _ => 1,
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Reader {
    tokens: Vec<String>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn take(&mut self) -> String {
        self.at += 1;
        self.tokens[self.at - 1].clone()
    }

    fn choice(&mut self) -> Node {
        Node::Choice(self.separated("|", Self::sequence))
    }

    fn sequence(&mut self) -> Node {
        Node::Sequence(self.separated(",", Self::difference))
    }

    fn separated(&mut self, mark: &str, part: fn(&mut Self) -> Node) -> Vec<Node> {
        let mut nodes = vec![part(self)];
        while self.peek() == mark {
            self.at += 1;
            nodes.push(part(self));
        }
        nodes
    }

    fn difference(&mut self) -> Node {
        let node = self.primary();
        if self.peek() != "-" {
            return node;
        }
        self.at += 1;
        Node::Without(Box::new(node), Box::new(flat(self.primary())))
    }

    fn primary(&mut self) -> Node {
        let token = self.take();
        let (node, close) = match token.as_str() {
            "[" => (Node::Optional(Box::new(self.choice())), "]"),
            "{" => (Node::Repeated(Box::new(self.choice())), "}"),
            "(" => (self.choice(), ")"),
            text if text.starts_with('"') => {
                return Node::Literal(text.trim_matches('"').as_bytes().to_vec());
            }
            text if text.starts_with('?') => {
                return Node::Said(text.trim_matches('?').trim().to_owned());
            }
            name => return Node::Name(name.to_owned()),
        };
        assert_eq!(self.take(), close);
        node
    }
}

/// Without the wrappings that hold a single thing.
fn flat(node: Node) -> Node {
    let (Node::Choice(nodes) | Node::Sequence(nodes)) = &node else {
        return node;
    };
    if let [only] = nodes.as_slice() {
        return flat(only.clone());
    }
    if let Node::Choice(nodes) = node {
        return Node::Choice(nodes.into_iter().map(flat).collect());
    }
    node
}

/// The grammar that is spoken is the one that is written: a new production changes the sentences.
#[test]
fn sentences_follow_the_grammar() {
    let grammar = read("(* c *) a = \"x\" , { b } ; b = ( \"y\" | \"z\" - \"q\" ) ;");
    let random = &mut Random::new(7);
    let said: Vec<Vec<u8>> = (0..50)
        .map(|_| Speaker::new(&grammar, random).say("a"))
        .collect();
    assert!(said.iter().all(|text| text[0] == b'x'));
    assert!(said.iter().any(|text| text.ends_with(b"y")));
    assert!(said.iter().any(|text| text.ends_with(b"z")));
    let tables: Vec<Vec<u8>> = (0..1000).map(|n| table(&mut Random::new(n))).collect();
    let has = |part: &[u8]| {
        tables
            .iter()
            .any(|t| t.windows(part.len()).any(|p| p == part))
    };
    for part in [
        &b"EXCEPT"[..],
        b"[",
        b"\\\n",
        b"#",
        b"/24",
        b"@",
        b"\t",
        b"allow",
    ] {
        assert!(has(part), "no table has {}", part.escape_ascii());
    }
}
