//! Who is at the keyboard.

use nix::unistd::{Uid, User};

/// What the kernel says if nobody has logged in (audit(8)): `(uid_t) -1`.
const UNSET: u32 = u32::MAX;

/// The person behind this process: who logged in, else who called sudo, else its own user; with
/// `(as root)` or the like after it if the process has become somebody else.
pub fn operator(sudo_user: Option<&str>) -> String {
    let login = std::fs::read_to_string("/proc/self/loginuid").ok();
    let login = login.and_then(|text| text.trim().parse().ok());
    let name = |uid: u32| match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => format!("user {uid}"),
    };
    let own = name(nix::unistd::geteuid().as_raw());
    let person = who(login.map(|uid: u32| (uid, name(uid))), sudo_user);
    match person {
        Some(person) if person != own => format!("{person} (as {own})"),
        Some(_) | None => own,
    }
}

/// The kernel's word goes before that of an environment variable.
fn who(login: Option<(u32, String)>, sudo_user: Option<&str>) -> Option<String> {
    let logged_in = login.filter(|(uid, _)| *uid != UNSET).map(|(_, name)| name);
    let sudo_user = sudo_user.filter(|name| !name.is_empty());
    logged_in.or_else(|| sudo_user.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_logged_in_goes_before_who_called_sudo() {
        let login = |uid| Some((uid, "alice".to_owned()));
        let bob = Some("bob");
        assert_eq!(who(login(1000), bob).as_deref(), Some("alice"));
        assert_eq!(who(login(UNSET), bob).as_deref(), Some("bob"));
        assert_eq!(who(None, bob).as_deref(), Some("bob"));
        assert_eq!(who(login(UNSET), Some("")), None);
        assert!(!operator(None).is_empty());
    }
}
