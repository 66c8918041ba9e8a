//! The logins of the hosts: each may call one function of the schema, and nothing else.

use super::fault::FleetError;
use super::schema::become_owner;
use super::sessions::{Sessions, end_sessions};
use postgres::{Client, Transaction};
use postgres_protocol::password::scram_sha_256;

/// A name of PostgreSQL is not longer.
const LONGEST: usize = 63;
/// From this version on, who is a member of a role need not be able to become it.
const SET_OPTION: i32 = 160_000;

/// How a host proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login<'a> {
    /// By a password, which the database gets as a SCRAM verifier only.
    Password(&'a str),
    /// By a certificate whose common name is the host's.
    Certificate,
}

/// Makes the login of a host, or gives a host that was removed a new one.
///
/// # Errors
/// When the name cannot be that of a host or is taken, or the user may not do it; nothing is changed
/// then.
pub fn add_host(client: &mut Client, name: &str, login: Login<'_>) -> Result<(), FleetError> {
    let name = checked(name)?;
    let failed = FleetError::at("add the host");
    let mut transaction = client.transaction().map_err(&failed)?;
    if exists(&mut transaction, name)? {
        return Err(FleetError::Taken(name.to_owned()));
    }
    let word = password_of(login);
    let row = transaction
        .query_one("SELECT current_setting('server_version_num')::int4", &[])
        .map_err(&failed)?;
    let number: i32 = row.try_get(0).map_err(&failed)?;
    let form = if number >= SET_OPTION {
        " WITH SET FALSE"
    } else {
        ""
    };
    // The name has no quotation mark, nor has a verifier.
    let sql = format!(
        "CREATE ROLE \"{name}\" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
             CONNECTION LIMIT 2 PASSWORD {word};
         GRANT tcpw_host TO \"{name}\"{form};
         ALTER ROLE \"{name}\" SET idle_in_transaction_session_timeout = '20s';
         ALTER ROLE \"{name}\" SET statement_timeout = '60s'"
    );
    transaction.batch_execute(&sql).map_err(&failed)?;
    become_owner(&mut transaction)?;
    // One that comes back begins now: of what it said before, nothing is of today.
    let sql = "INSERT INTO tcpw.host (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET
        removed = NULL, added = now(), seen = NULL, muting = NULL, backlog = 0";
    transaction.execute(sql, &[&name]).map_err(&failed)?;
    let sql = "DELETE FROM tcpw.watch WHERE host = $1";
    transaction.execute(sql, &[&name]).map_err(&failed)?;
    let sql = "INSERT INTO tcpw.chain (host) VALUES ($1) ON CONFLICT (host) DO NOTHING";
    transaction.execute(sql, &[&name]).map_err(&failed)?;
    transaction.commit().map_err(failed)
}

/// Takes the login of a host away, and ends its sessions. Its events stay. A host whose role somebody has
/// dropped already is only noted as removed.
///
/// # Errors
/// When there is not such a host, or the user may not do it; nothing is changed then.
pub fn remove_host(client: &mut Client, name: &str) -> Result<Sessions, FleetError> {
    let name = checked(name)?;
    let number = role_of(client, name)?;
    // First, so that no transaction of it keeps its row from being written.
    let sessions = match number {
        Some(number) => {
            let sql = format!("ALTER ROLE \"{name}\" NOLOGIN");
            client
                .batch_execute(&sql)
                .map_err(FleetError::at("remove the host"))?;
            end_sessions(client, number)
        }
        None => Sessions::Ended,
    };
    let failed = FleetError::at("remove the host");
    let mut transaction = client.transaction().map_err(&failed)?;
    if number.is_some() {
        transaction
            .batch_execute(&format!("DROP ROLE \"{name}\""))
            .map_err(&failed)?;
    }
    become_owner(&mut transaction)?;
    let changed = transaction
        .execute(
            "UPDATE tcpw.host SET removed = now() WHERE name = $1 AND removed IS NULL",
            &[&name],
        )
        .map_err(&failed)?;
    if changed == 0 && number.is_none() {
        return Err(FleetError::Unknown(name.to_owned()));
    }
    transaction.commit().map_err(failed)?;
    Ok(sessions)
}

/// The number of the role of a host; nothing where somebody has dropped it.
fn role_of(client: &mut Client, name: &str) -> Result<Option<u32>, FleetError> {
    let mut transaction = client
        .transaction()
        .map_err(FleetError::at("look for the host"))?;
    match known(&mut transaction, name) {
        Ok((_, number)) => Ok(Some(number)),
        Err(FleetError::Unknown(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Gives a host another password, or none where it shows a certificate, and ends its sessions.
///
/// # Errors
/// When there is not such a host, or the user may not do it; nothing is changed then.
pub fn rotate(client: &mut Client, name: &str, login: Login<'_>) -> Result<Sessions, FleetError> {
    let failed = FleetError::at("change the password of the host");
    let mut transaction = client.transaction().map_err(&failed)?;
    let (name, number) = known(&mut transaction, name)?;
    let word = password_of(login);
    transaction
        .batch_execute(&format!("ALTER ROLE \"{name}\" PASSWORD {word}"))
        .map_err(&failed)?;
    transaction.commit().map_err(failed)?;
    Ok(end_sessions(client, number))
}

/// Says who mails about the alerts of a host: the host itself, or `tcpw-fleet mail`.
///
/// # Errors
/// When there is not such a host, or the user may not do it.
pub fn set_mail(client: &mut Client, name: &str, is_own: bool) -> Result<(), FleetError> {
    let failed = FleetError::at("say who mails about the host");
    let mut transaction = client.transaction().map_err(&failed)?;
    let name = checked(name)?;
    become_owner(&mut transaction)?;
    let mail = if is_own { "own" } else { "fleet" };
    let changed = transaction
        .execute(
            "UPDATE tcpw.host SET mail = $2, muting = NULL WHERE name = $1 AND removed IS NULL",
            &[&name, &mail],
        )
        .map_err(&failed)?;
    if changed == 0 {
        return Err(FleetError::Unknown(name.to_owned()));
    }
    transaction.commit().map_err(failed)
}

/// What follows PASSWORD.
fn password_of(login: Login<'_>) -> String {
    match login {
        Login::Password(text) => format!("'{}'", scram_sha_256(text.as_bytes())),
        Login::Certificate => "NULL".to_owned(),
    }
}

/// A name that a host may have: no quotation mark, nothing of PostgreSQL's or of ours.
fn checked(name: &str) -> Result<&str, FleetError> {
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let is_first = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_good = name.len() <= LONGEST
        && name.bytes().all(is_plain)
        && name.as_bytes().first().is_some_and(is_first)
        && !name.starts_with("pg_")
        && !name.starts_with("tcpw_")
        && !["public", "none"].contains(&name);
    if is_good {
        Ok(name)
    } else {
        Err(FleetError::Name(name.to_owned()))
    }
}

fn exists(transaction: &mut Transaction<'_>, name: &str) -> Result<bool, FleetError> {
    let failed = FleetError::at("look for the role");
    let sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)";
    let row = transaction.query_one(sql, &[&name]).map_err(&failed)?;
    row.try_get(0).map_err(failed)
}

/// The name of a host that has a login, and the number of its role.
fn known<'n>(
    transaction: &mut Transaction<'_>,
    name: &'n str,
) -> Result<(&'n str, u32), FleetError> {
    let name = checked(name)?;
    let failed = FleetError::at("look for the host");
    let sql = "SELECT member FROM pg_catalog.pg_auth_members
            WHERE roleid = pg_catalog.to_regrole('tcpw_host')
                AND member = pg_catalog.to_regrole($1)";
    let quoted = format!("\"{name}\"");
    let row = transaction.query_opt(sql, &[&quoted]).map_err(&failed)?;
    let row = row.ok_or_else(|| FleetError::Unknown(name.to_owned()))?;
    Ok((name, row.try_get(0).map_err(failed)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_something_else_are_refused() {
        for good in ["web17", "web-17.example.org", "0a", "a_b"] {
            assert!(checked(good).is_ok(), "{good}");
        }
        let long = "a".repeat(64);
        for bad in [
            "",
            "Web17",
            "a b",
            "a\"b",
            "a'b",
            "a;b",
            "-a",
            ".a",
            "_a",
            "pg_read_all_data",
            "tcpw_owner",
            "public",
            "none",
            "é",
            "a\n",
            &long,
        ] {
            assert!(checked(bad).is_err(), "{bad:?}");
        }
    }
}
