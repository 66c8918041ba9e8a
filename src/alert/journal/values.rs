//! Values out of rows, whatever damage has put there: one that cannot be read must not stop the
//! others, nor the mail. SQLite itself finds nothing wrong with a text that is not UTF-8.

use rusqlite::types::ValueRef;
use rusqlite::{Row, RowIndex};

/// A text, or nothing where there is none; what is not UTF-8 in it is replaced.
///
/// # Errors
/// When there is no such column.
pub(crate) fn optional_text(
    row: &Row<'_>,
    column: impl RowIndex,
) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
    })
}

/// A text, empty where there is none.
///
/// # Errors
/// When there is no such column.
pub(crate) fn text(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<String> {
    Ok(optional_text(row, column)?.unwrap_or_default())
}

/// Bytes, none where there is nothing.
///
/// # Errors
/// When there is no such column.
pub(crate) fn bytes(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Vec<u8>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => Vec::new(),
        ValueRef::Integer(number) => number.to_string().into_bytes(),
        ValueRef::Real(number) => number.to_string().into_bytes(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
    })
}

/// A number, or nothing where something else is.
///
/// # Errors
/// When there is no such column.
pub(crate) fn optional_number(
    row: &Row<'_>,
    column: impl RowIndex,
) -> rusqlite::Result<Option<i64>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Integer(number) => Some(number),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => None,
    })
}

/// A number, 0 where something else is.
///
/// # Errors
/// When there is no such column.
pub(crate) fn number(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<i64> {
    Ok(optional_number(row, column)?.unwrap_or(0))
}

/// A number that is not negative and not large; the nearest one to what is there.
///
/// # Errors
/// When there is no such column.
pub(crate) fn small(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<u32> {
    let number = number(row, column)?.max(0);
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

/// A number of things; never less than none.
///
/// # Errors
/// When there is no such column.
pub(crate) fn count(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<u64> {
    Ok(u64::try_from(number(row, column)?).unwrap_or(0))
}

/// The Message-ID of a letter; what no Message-ID can have is replaced, each time alike.
///
/// # Errors
/// When there is no such column.
pub(crate) fn message_id(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<String> {
    let text = bytes(row, column)?;
    let inner: String = text
        .iter()
        .filter(|byte| !matches!(byte, b'<' | b'>'))
        .map(|byte| {
            if byte.is_ascii_graphic() {
                char::from(*byte)
            } else {
                '_'
            }
        })
        .collect();
    Ok(if inner.contains('@') {
        format!("<{inner}>")
    } else {
        format!("<letter.{inner}@damaged.invalid>")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn read<T>(value: &str, read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> T {
        let database = Connection::open_in_memory().unwrap();
        let sql = format!("SELECT {value}");
        database.query_row(&sql, [], |row| read(row)).unwrap()
    }

    #[test]
    fn every_value_can_be_read() {
        for value in ["NULL", "7", "1.5", "'a'", "CAST(x'61ff' AS TEXT)", "x'ff'"] {
            read(value, |row| {
                text(row, 0)?;
                bytes(row, 0)?;
                message_id(row, 0)?;
                number(row, 0)?;
                small(row, 0)?;
                count(row, 0)?;
                Ok(())
            });
        }
        assert_eq!(
            read("CAST(x'61ff' AS TEXT)", |row| text(row, 0)),
            "a\u{fffd}"
        );
        assert_eq!(read("NULL", |row| optional_text(row, 0)), None);
        assert_eq!(read("-7", |row| small(row, 0)), 0);
        assert_eq!(read("1 << 40", |row| small(row, 0)), u32::MAX);
    }

    #[test]
    fn a_message_id_stays_one() {
        for (value, id) in [
            ("'<1.2@h.example>'", "<1.2@h.example>"),
            ("CAST(x'3c31ff40683e' AS TEXT)", "<1_@h>"),
            ("'<1' || char(10) || 'X: y@h>'", "<1_X:_y@h>"),
            ("''", "<letter.@damaged.invalid>"),
        ] {
            assert_eq!(read(value, |row| message_id(row, 0)), id, "{value}");
        }
    }
}
