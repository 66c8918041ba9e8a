//! Every input is a table, and printing its tree gives the input.

use tcpw::syntax::parse;

/// Panics where that does not hold.
pub(crate) fn run(source: &[u8]) {
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
}
