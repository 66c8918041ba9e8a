//! The line that settles a request is the same through a compiled table, also through a damaged one that
//! still answers; and whatever is taken for a compiled table is one or refused.
//!
//! Input: a line of daemon, address and name separated by TAB, then the table, a byte 0xff, and the
//! damage: two bytes of a place and one that is put there.

use tcpw::engine::{
    Bare, CompiledTable, Fields, Host, Request, TableIdentity, compile_table, skim,
};

/// Panics where that does not hold.
pub(crate) fn run(input: &[u8]) {
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
        return;
    };
    let (query, rest) = (&input[..end], &input[end + 1..]);
    let mut parts = rest.splitn(2, |&byte| byte == 0xff);
    let mut part = || parts.next().unwrap_or_default();
    let (table, damage) = (part(), part());
    let fields: Vec<&[u8]> = query.split(|&byte| byte == b'\t').collect();
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let mut request = Request::new("", Host::unknown());
    request.refill(&Fields {
        daemon: field(0),
        address: field(1),
        name: field(2),
        ..Fields::default()
    });
    let mut read = |buffer: &mut [u8], at: u64| {
        let rest = table
            .get(usize::try_from(at).unwrap()..)
            .unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    };
    let whole = skim(&mut &*table, &request, &Bare).unwrap();
    let identity = TableIdentity::default();
    let mut form = compile_table(table, &identity, [1, 2]).unwrap();
    let compiled = CompiledTable::new(&form).unwrap();
    match compiled.excerpt(&mut read, &request, &Bare) {
        Ok(found) => assert_eq!(found, whole),
        Err(fault) => assert!(fault.to_string().starts_with("more lines"), "{fault}"),
    }
    for change in damage.chunks_exact(3) {
        let at = usize::from(change[0]) << 8 | usize::from(change[1]);
        let length = form.len();
        form[at % length] = change[2];
    }
    for bytes in [
        &*form,
        input,
        &form[..form.len().saturating_sub(damage.len())],
    ] {
        if let Ok(compiled) = CompiledTable::new(bytes)
            && let Ok(found) = compiled.excerpt(&mut read, &request, &Bare)
        {
            assert_eq!(found, whole);
        }
    }
}
