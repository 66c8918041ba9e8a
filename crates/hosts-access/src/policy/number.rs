//! Numbers as the C library reads them, because libwrap leaves them to it.

use crate::syntax::is_white;

/// `strtol` in base 10: the value of the longest decimal prefix after white space and a sign, and
/// how many bytes it took; no digits give 0 and 0 bytes. Saturates at the range of `long`.
fn strtol(text: &[u8], radix: i64) -> (i64, usize, bool) {
    let blank = text.iter().take_while(|&&byte| is_white(byte)).count();
    let mut at = blank;
    let negative = text.get(at) == Some(&b'-');
    if matches!(text.get(at), Some(b'+' | b'-')) {
        at += 1;
    }
    let first_digit = at;
    let (mut value, mut overflow) = (0_i64, false);
    while let Some(digit) = text.get(at).and_then(|&byte| digit(byte, radix)) {
        let signed = if negative { -digit } else { digit };
        match value
            .checked_mul(radix)
            .and_then(|value| value.checked_add(signed))
        {
            Some(next) => value = next,
            None => overflow = true,
        }
        at += 1;
    }
    if at == first_digit {
        return (0, 0, false);
    }
    if overflow {
        value = if negative { i64::MIN } else { i64::MAX };
    }
    (value, at, overflow)
}

fn digit(byte: u8, radix: i64) -> Option<i64> {
    let digit = i64::from(byte.checked_sub(b'0')?);
    (digit < radix).then_some(digit)
}

/// The low 32 bits, as C narrows `long` to `int`.
fn narrow(value: i64) -> i32 {
    let [a, b, c, d, ..] = value.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

/// `atoi`: the number a text begins with, 0 if there is none (F-V4-10, F-V6-06).
pub fn c_decimal_prefix(text: &[u8]) -> i32 {
    narrow(strtol(text, 10).0)
}

/// A text that is a decimal number from its first to its last byte, read modulo 2^32; the flag
/// tells that it did not even fit into 64 bits.
pub fn c_decimal(text: &[u8]) -> Option<(i32, bool)> {
    let (value, length, overflow) = strtol(text, 10);
    (length > 0 && length == text.len()).then_some((narrow(value), overflow))
}

/// A text that is an octal number from its first to its last byte, read modulo 2^32 (F-OPT-08).
pub fn c_octal(text: &[u8]) -> Option<u32> {
    let (value, length, overflow) = strtol(text, 8);
    let value = if overflow { -1 } else { narrow(value) };
    (length > 0 && length == text.len()).then_some(u32::from_ne_bytes(value.to_ne_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f_v4_10_a_decimal_prefix_modulo_2_to_the_32() {
        for text in [
            "024",
            "+24",
            "24x",
            "24.",
            "24.0",
            "24/24",
            "24#",
            "4294967320",
            "\x0b24",
        ] {
            assert_eq!(c_decimal_prefix(text.as_bytes()), 24, "{text:?}");
        }
        for (text, value) in [
            ("0x18", 0),
            ("", 0),
            ("x", 0),
            ("-1", -1),
            ("9223372036854775832", -1),
        ] {
            assert_eq!(c_decimal_prefix(text.as_bytes()), value, "{text:?}");
        }
    }

    #[test]
    fn f_opt_08_octal_to_the_last_byte() {
        assert_eq!(c_octal(b"+22"), Some(0o22));
        assert_eq!(c_octal(b"022x"), None);
        assert_eq!(c_octal(b"8"), None);
        assert_eq!(c_octal(b"-1"), Some(u32::MAX));
    }
}
