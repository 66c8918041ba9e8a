//! Every input is a table, and printing its tree gives the input.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tcpw::syntax::parse;

fuzz_target!(|source: &[u8]| {
    let tree = parse(source);
    assert_eq!(tree.print(), source);
    let mut at = 0;
    for line in tree.lines() {
        for token in line.tokens() {
            assert_eq!(token.span.start, at);
            assert!(!token.span.is_empty());
            at = token.span.end;
        }
        assert_eq!(line.span().end, at);
    }
});
