//! Makes small databases in the format of `MaxMind`, for tests and benchmarks.

use std::net::IpAddr;

/// A value in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    /// Text.
    Text(String),
    /// A number of 32 bits.
    Number(u32),
    /// Named values.
    Map(Vec<(String, Field)>),
}

/// A database that is being made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// What it calls itself.
    pub(crate) name: String,
    /// When it was built, in seconds since 1970.
    pub(crate) built: u64,
    /// Whether it has IPv6.
    pub(crate) is_v6: bool,
    /// The bits of a number in its tree: 24, 28 or 32.
    pub(crate) record_size: u16,
    /// Whether the addresses of IPv4 are found again below `2002::/16`, as in GeoLite2.
    pub(crate) has_alias: bool,
    /// Its networks with their records; later ones lie over earlier ones.
    pub(crate) networks: Vec<(IpAddr, u8, Field)>,
}

/// What stands at a branch of the tree.
#[derive(Debug, Clone, Copy)]
enum Branch {
    Nothing,
    Node(usize),
    Record(usize),
}

/// `{"country": {"iso_code": CODE}}`, as GeoLite2 and DB-IP have it.
pub(crate) fn country(code: &str) -> Field {
    let code = Field::Text(code.to_owned());
    let inner = Field::Map(vec![("iso_code".to_owned(), code)]);
    Field::Map(vec![("country".to_owned(), inner)])
}

/// `{"autonomous_system_number": NUMBER}`, as GeoLite2 and DB-IP have it.
pub(crate) fn asn(number: u32) -> Field {
    let number = Field::Number(number);
    Field::Map(vec![("autonomous_system_number".to_owned(), number)])
}

/// Named texts, as IPinfo has them.
pub(crate) fn texts(fields: &[(&str, &str)]) -> Field {
    let field = |(name, text): &(&str, &str)| ((*name).to_owned(), Field::Text((*text).to_owned()));
    Field::Map(fields.iter().map(field).collect())
}

impl Made {
    /// One of both families that calls itself `name`, of the year 2026, without a network.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            built: 1_793_577_600,
            is_v6: true,
            record_size: 28,
            has_alias: true,
            networks: Vec::new(),
        }
    }

    /// With a network, such as `192.0.2.0/24`, and its record.
    pub(crate) fn with(mut self, network: &str, record: Field) -> Self {
        let (address, length) = network.split_once('/').unwrap();
        let (address, length) = (address.parse().unwrap(), length.parse().unwrap());
        self.networks.push((address, length, record));
        self
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut tree = vec![[Branch::Nothing; 2]];
        let mut records: Vec<&Field> = Vec::new();
        for (address, length, record) in &self.networks {
            let known = records.iter().position(|known| *known == record);
            let number = known.unwrap_or_else(|| {
                records.push(record);
                records.len() - 1
            });
            let (bits, length) = self.place(*address, *length);
            set(&mut tree, bits, length, Branch::Record(number));
        }
        if self.is_v6 && self.has_alias {
            let (bits, _) = self.place("0.0.0.0".parse().unwrap(), 0);
            let start = at(&tree, bits, 96);
            set(&mut tree, 0x2002 << 112, 16, start);
        }
        let mut data = Vec::new();
        let mut places = Vec::new();
        for record in records {
            places.push(data.len());
            write(&mut data, record);
        }
        let mut file = Vec::new();
        for node in &tree {
            let numbers = node.map(|branch| match branch {
                Branch::Nothing => tree.len(),
                Branch::Node(node) => node,
                Branch::Record(record) => tree.len() + 16 + places[record],
            });
            self.write_node(
                &mut file,
                numbers.map(|number| u32::try_from(number).unwrap()),
            );
        }
        file.extend([0; 16]);
        file.extend(data);
        file.extend(b"\xab\xcd\xefMaxMind.com");
        self.write_end(&mut file, u32::try_from(tree.len()).unwrap());
        file
    }

    /// Where an address lies in the tree.
    fn place(&self, address: IpAddr, length: u8) -> (u128, u8) {
        match address {
            IpAddr::V4(address) if self.is_v6 => (address.to_bits().into(), length + 96),
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, length),
            IpAddr::V6(address) => (address.to_bits(), length),
        }
    }

    fn write_node(&self, file: &mut Vec<u8>, [left, right]: [u32; 2]) {
        let (l, r) = (left.to_be_bytes(), right.to_be_bytes());
        match self.record_size {
            24 => file.extend([&l[1..], &r[1..]].concat()),
            28 => file.extend([&l[1..], &[l[0] << 4 | r[0]], &r[1..]].concat()),
            _ => file.extend([l, r].concat()),
        }
    }

    fn write_end(&self, file: &mut Vec<u8>, nodes: u32) {
        file.push(7 << 5 | 9);
        let mut number = |name: &str, kind: u8, bytes: &[u8]| {
            write(file, &Field::Text(name.to_owned()));
            let length = u8::try_from(bytes.len()).unwrap();
            match kind {
                9 => file.extend([length, 2]),
                kind => file.push(kind << 5 | length),
            }
            file.extend(bytes);
        };
        number("node_count", 6, &nodes.to_be_bytes());
        number("record_size", 5, &self.record_size.to_be_bytes());
        let version: u16 = if self.is_v6 { 6 } else { 4 };
        number("ip_version", 5, &version.to_be_bytes());
        number("binary_format_major_version", 5, &2_u16.to_be_bytes());
        number("binary_format_minor_version", 5, &0_u16.to_be_bytes());
        number("build_epoch", 9, &self.built.to_be_bytes());
        for (name, value) in [
            ("database_type", Field::Text(self.name.clone())),
            ("description", texts(&[("en", "a test")])),
        ] {
            write(file, &Field::Text(name.to_owned()));
            write(file, &value);
        }
        write(file, &Field::Text("languages".to_owned()));
        file.extend([1, 4]);
        write(file, &Field::Text("en".to_owned()));
    }
}

/// Writes a value of the data section.
fn write(out: &mut Vec<u8>, field: &Field) {
    let mut head = |kind: u8, length: usize| match u8::try_from(length).unwrap() {
        length @ 0..=28 => out.push(kind << 5 | length),
        length => out.extend([kind << 5 | 0x1d, length - 29]),
    };
    match field {
        Field::Text(text) => {
            head(2, text.len());
            out.extend(text.as_bytes());
        }
        Field::Number(number) => {
            head(6, 4);
            out.extend(number.to_be_bytes());
        }
        Field::Map(fields) => {
            head(7, fields.len());
            for (name, value) in fields {
                write(out, &Field::Text(name.clone()));
                write(out, value);
            }
        }
    }
}

/// Puts a branch at a place of the tree; what covered the place covers the rest of it as before.
fn set(tree: &mut Vec<[Branch; 2]>, bits: u128, length: u8, branch: Branch) {
    let mut node = 0;
    for depth in 0..length {
        let side = usize::from(bits << depth >> 127 == 1);
        if depth + 1 == length {
            tree[node][side] = branch;
            return;
        }
        node = match tree[node][side] {
            Branch::Node(next) => next,
            covering @ (Branch::Nothing | Branch::Record(_)) => {
                tree.push([covering; 2]);
                let next = tree.len() - 1;
                tree[node][side] = Branch::Node(next);
                next
            }
        };
    }
    // Everything: both halves.
    tree[0] = [branch; 2];
}

/// What stands at a place of the tree.
fn at(tree: &[[Branch; 2]], bits: u128, length: u8) -> Branch {
    let mut here = Branch::Node(0);
    for depth in 0..length {
        let Branch::Node(node) = here else {
            break;
        };
        here = tree[node][usize::from(bits << depth >> 127 == 1)];
    }
    here
}
