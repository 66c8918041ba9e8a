//! Configurations, good and bad.

use super::*;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

fn read(text: &str) -> Result<Config, String> {
    let under_root = |path: &Path| Path::new("/r").join(path.strip_prefix("/").unwrap());
    parse(text.as_bytes(), Path::new("t.toml"), &under_root).map_err(|error| error.to_string())
}

#[test]
fn an_empty_file_gives_the_defaults_below_the_root() {
    let config = read("").unwrap();
    assert_eq!(config.journal, Path::new("/r/var/lib/tcpw/journal.db"));
    assert_eq!(config.drop, Path::new("/r/var/spool/tcpw/drop"));
    assert_eq!(config.root_drop, Path::new("/r/var/spool/tcpw/root"));
    assert_eq!(
        config.mail.transport,
        TransportSettings::File {
            directory: "/r/var/lib/tcpw/mail".into()
        }
    );
}

#[test]
fn roots_way_is_beside_the_public_one_or_where_it_is_named() {
    let ways = |text: &str| read(text).map(|config| (config.drop, config.root_drop));
    let both = |drop: &str, root: &str| Ok((drop.into(), root.into()));
    assert_eq!(
        ways("[drop]\npath = '/srv/tcpw/in'"),
        both("/r/srv/tcpw/in", "/r/srv/tcpw/root")
    );
    assert_eq!(
        ways("[drop]\nroot = '/srv/own'"),
        both("/r/var/spool/tcpw/drop", "/r/srv/own")
    );
    assert_eq!(
        ways("[drop]\npath = '/a'\nroot = '/b/c'"),
        both("/r/a", "/r/b/c")
    );
    for text in [
        "[drop]\npath = '/a/root'",
        "[drop]\npath = '/a'\nroot = '/a'",
    ] {
        let error = ways(text).unwrap_err();
        assert!(
            error.contains("must be another directory than path"),
            "{error}"
        );
    }
    assert!(
        ways("[drop]\nroot = 'own'")
            .unwrap_err()
            .contains("absolute")
    );
}

#[test]
fn a_server_is_named_as_people_name_it() {
    let server = |keys: &str| {
        let text = format!("[mail]\nto = 'a@b'\n[mail.smtp]\n{keys}");
        read(&text).map(|config| match config.mail.transport {
            TransportSettings::Smtp(mut servers) => servers.remove(0),
            TransportSettings::File { .. } | TransportSettings::Sendmail { .. } => {
                panic!("smtp was chosen")
            }
        })
    };
    let place = |keys: &str| server(keys).map(|smtp| (smtp.host, smtp.port, smtp.tls));
    let at = |host: &str, port, tls| Ok((host.to_owned(), port, tls));
    assert_eq!(place("host = 'm:587'"), at("m", 587, Tls::StartTls));
    assert_eq!(place("host = 'm:465'"), at("m", 465, Tls::Implicit));
    assert_eq!(place("host = 'm'\nport = 465"), at("m", 465, Tls::Implicit));
    assert_eq!(place("host = 'smtps://m'"), at("m", 465, Tls::Implicit));
    assert_eq!(
        place("host = '[::1]'\ntls = 'none'"),
        at("::1", 25, Tls::None)
    );
    for (keys, words) in [
        (
            "host = 'm:587'\nport = 25",
            "t.toml:5:8: `mail.smtp.port` is not the port",
        ),
        (
            "host = 'smtps://m'\ntls = 'none'",
            "t.toml:5:7: `mail.smtp.tls` is not what",
        ),
        (
            "host = 'a, b'",
            "t.toml:4:8: `mail.smtp.host` \"a, b\" is not the name",
        ),
        (
            "host = 'smtp://u:p@m'",
            "t.toml:4:8: `mail.smtp.host` holds a user name",
        ),
        (
            "host = 'm'\nfingerprint = 'AA'",
            "t.toml:5:15: `mail.smtp.fingerprint` must be",
        ),
        (
            "host = 'm'\nhello = 'a b'",
            "t.toml:5:9: `mail.smtp.hello` must be",
        ),
    ] {
        let error = server(keys).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
    let print = "AB:".repeat(31) + "cd";
    let smtp = server(&format!(
        "host = 'm'\nfingerprint = 'sha256:{print}'\nhello = 'h.example'"
    ));
    let smtp = smtp.unwrap();
    let bytes = smtp.fingerprint.unwrap();
    assert_eq!((bytes[0], bytes[31]), (0xab, 0xcd));
    assert_eq!(smtp.hello.as_deref(), Some("h.example"));
}

#[test]
fn who_logs_in_is_sender_and_reader_where_nobody_is_named() {
    let login = "[mail.smtp]\nhost = 'm'\nusername = 'me@example.org'\npassword_file = '/p'\n";
    let mail = read(login.replace("[mail.smtp]", "[mail]\n[mail.smtp]").as_str())
        .unwrap()
        .mail;
    assert_eq!(mail.from.unwrap().address(), "me@example.org");
    assert_eq!(mail.to[0].address(), "me@example.org");
    let mail = read(&format!("[mail]\nto = 'a@x, \"B, C\" <b@x>'\n{login}"))
        .unwrap()
        .mail;
    let to: Vec<String> = mail.to.iter().map(Mailbox::address).collect();
    assert_eq!(to, ["a@x", "b@x"]);
    assert_eq!(mail.to[1].name.as_deref(), Some("B, C"));
    let error = read(&login.replace("me@example.org", "me")).unwrap_err();
    assert!(error.contains("names nobody"), "{error}");
    let error = read("[mail]\nto = 'a@x, b'\n").unwrap_err();
    assert!(
        error.contains("t.toml:2:6: `mail.to`: \"b\" has no @"),
        "{error}"
    );
    let error = read("[mail]\nfrom = 'a@x, b@x'\n").unwrap_err();
    assert!(error.contains("must be one address"), "{error}");
}

/// The gate asks several databases, and legacy ones; messages take their names from the first of the others.
#[test]
fn messages_name_countries_by_the_first_database_that_has_names() {
    let text = "[geo]\ncountry = ['/GeoIP.dat', '/c.mmdb', '/d.mmdb']\nasn = ['/GeoIPASNum.dat']";
    let geo = read(text).unwrap().geo;
    assert_eq!(geo.country.as_deref(), Some(Path::new("/r/c.mmdb")));
    assert_eq!(geo.asn, None);
}

#[test]
fn every_key_is_read() {
    let config = read(
        r#"
        [mail]
        from = "Wache <tcpw@example.org>"
        to = ["a@example.org", "Ä B <b@example.org>"]
        cc = "c@example.org"
        bcc = ["d@[127.0.0.1]"]
        subject = "접속 거부"
        language = "ko"
        transport = "smtp"
        attachments = ["/etc/hosts"]
        file_dir = "/m"
        sendmail = "/usr/lib/sendmail"
        [mail.smtp]
        host = "mail.example.org"
        port = 2525
        tls = "implicit"
        auth = "xoauth2"
        username = "u"
        password_command = ["/bin/pass", "show", "x"]
        ca_file = "/ca.pem"
        timeout = 7
        [geo]
        country = "/c.mmdb"
        [journal]
        path = "/j"
        [drop]
        path = "/d"
        "#,
    )
    .unwrap();
    assert_eq!(config.mail.from.unwrap().name.as_deref(), Some("Wache"));
    assert_eq!(config.mail.to.len(), 2);
    assert_eq!(config.mail.bcc[0].address(), "d@[127.0.0.1]");
    assert_eq!(config.mail.language, Language::Korean);
    assert_eq!(config.mail.attachments, [Path::new("/r/etc/hosts")]);
    assert_eq!(config.geo.country.as_deref(), Some(Path::new("/r/c.mmdb")));
    assert_eq!((config.geo.asn, config.mail.form.reverse_dns), (None, true));
    assert_eq!(config.journal, Path::new("/r/j"));
    assert_eq!(config.drop, Path::new("/r/d"));
    assert_eq!(config.root_drop, Path::new("/r/root"));
    let TransportSettings::Smtp(mut servers) = config.mail.transport else {
        panic!("smtp was chosen");
    };
    let smtp = servers.remove(0);
    assert_eq!((smtp.port, smtp.tls), (2525, Tls::Implicit));
    assert_eq!(smtp.timeout, Duration::from_secs(7));
    let login = smtp.login.unwrap();
    assert_eq!(login.auth, Auth::Xoauth2);
    assert_eq!(
        login.password,
        Password::Command(vec!["/r/bin/pass".into(), "show".into(), "x".into()])
    );
}

#[test]
fn how_names_are_followed_is_read() {
    let read_servers = |servers: &str| read(&format!("[follow]\nservers = {servers}\n"));
    let config = read("[follow]\ngrace = '2w'\nremove = true\n").unwrap();
    assert_eq!(config.follow.grace, Duration::from_secs(14 * 86_400));
    assert!(config.follow.remove && config.follow.servers.is_empty());
    let config = read_servers("['192.0.2.53', '[2001:db8::53]:5353']").unwrap();
    let servers = ["192.0.2.53:53", "[2001:db8::53]:5353"].map(|text| text.parse().unwrap());
    assert_eq!(config.follow.servers, servers);
    assert_eq!(config.follow.grace, Duration::from_secs(7 * 86_400));
    for servers in [
        "'dns.example.org'",
        "['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4']",
    ] {
        let error = read_servers(servers).unwrap_err();
        assert!(
            error.contains("`follow.servers` must be at most 3 addresses"),
            "{error}"
        );
    }
    assert!(read("[follow]\ngrace = '59m'\n").is_err());
}

#[test]
fn every_key_of_a_channel_is_read() {
    let config = read(
        r#"
        [[alert.command]]
        name = "pager"
        argv = ["/bin/page", "-x"]
        [[alert.webhook]]
        name = "ntfy"
        url = "https://ntfy.example/t"
        headers = { Authorization = "Bearer {secret}" }
        body = "{}"
        secret_file = "/s"
        ca_file = "/ca.pem"
        timeout = 3
        "#,
    )
    .unwrap();
    assert_eq!(
        config.channels,
        [
            ChannelSettings::Command(CommandChannel {
                name: "pager".to_owned(),
                argv: vec!["/r/bin/page".to_owned(), "-x".to_owned()],
                timeout: Duration::from_secs(30),
            }),
            ChannelSettings::Webhook(WebhookChannel {
                name: "ntfy".to_owned(),
                url: "https://ntfy.example/t".to_owned(),
                headers: vec![("Authorization".to_owned(), "Bearer {secret}".to_owned())],
                body: Some("{}".to_owned()),
                secret: Some(Password::File("/r/s".into())),
                ca_file: Some("/r/ca.pem".into()),
                timeout: Duration::from_secs(3),
            }),
        ]
    );
}

/// A configuration and a part of what is said about it.
const MISTAKES: &[(&str, &str)] = &[
    (
        "[mail]\nfrm = 1\n",
        "t.toml:2:1: unknown key `frm` in [mail]; known",
    ),
    ("[male]\n", "t.toml:1:2: unknown key `male` in the file"),
    (
        "[mail]\nto = [\"a@b\",\n  \"no\"]\n",
        "t.toml:3:3: `mail.to`: \"no\" has no @",
    ),
    (
        "[mail]\nfrom = \"a b@c\"\n",
        "t.toml:2:8: `mail.from`: \"a b\" is not a valid user",
    ),
    (
        "[mail]\nto = \"a@b\\r\\nBcc: x@y\"\n",
        "t.toml:2:6: `mail.to` must not be empty or hold",
    ),
    (
        "[mail]\nto = \"a@é.org\"\n",
        "t.toml:2:6: `mail.to`: \"é.org\" is not a valid host",
    ),
    (
        "[mail]\nlanguage = \"de\"\n",
        "t.toml:2:12: `mail.language` must be one of \"en\", \"ko\"",
    ),
    (
        "[mail]\nsubject = \"a\"\nsubject_template = \"b\"\n",
        "t.toml:1:1: [mail] has both subject and subject_template",
    ),
    (
        "[mail]\ntext_template = \"letter.txt\"\n",
        "t.toml:2:17: `mail.text_template` must be an absolute path",
    ),
    (
        "[mail]\nattach_events = \"yes\"\n",
        "t.toml:2:17: `mail.attach_events` must be true or false",
    ),
    (
        "[geo]\ncity = \"/x\"\n",
        "t.toml:2:1: unknown key `city` in [geo]; known keys: country, asn",
    ),
    (
        "[mail]\nsubject = 3\n",
        "t.toml:2:11: `mail.subject` must be text, this is integer",
    ),
    (
        "[journal]\npath = \"x\"\n",
        "t.toml:2:8: `journal.path` must be an absolute path",
    ),
    ("mail = 3\n", "t.toml:1:8: `mail` must be a table"),
    ("[mail\n", "t.toml:1:6: "),
    ("a\n", "t.toml:1:2: "),
    (
        "[mail.smtp]\nport = 0\n",
        "t.toml:2:8: `mail.smtp.port` must be from 1 to 65535",
    ),
    (
        "[mail]\ntransport = \"smtp\"\nto = \"a@b\"\n",
        "t.toml:1:1: transport \"smtp\" needs",
    ),
    ("[mail.smtp]\nhost = \"h\"\n", "names nobody"),
    (
        "[mail]\nto = \"a@b\"\n[mail.smtp]\nhost = \"h\"\nusername = \"u\"\n",
        "t.toml:3:1: [mail.smtp] has a username but no password",
    ),
    (
        "[mail]\nto = \"a@b\"\n[mail.smtp]\nhost = \"h\"\ntls = \"none\"\nusername = \"u\"\npassword = \"p\"\n",
        "would cross the network",
    ),
    (
        "[mail.smtp]\nhost = \"h\"\npassword = \"p\"\npassword_file = \"/f\"\n",
        "more than one",
    ),
    (
        "[[mail.smtp]]\nhost = \"h\"\n[[mail.smtp]]\nport = 3\n",
        "t.toml:3:1: [mail.smtp] needs host",
    ),
    (
        "[mail.smtp]\nhost = \"h\"\nauth = \"cram-md5\"\n",
        "`mail.smtp.auth` must be one of \"auto\", \"plain\", \"login\", \"xoauth2\"",
    ),
    (
        "[mail.smtp]\nhost = \"h\"\nauth = \"plain\"\n",
        "has auth but no username",
    ),
    ("alert.command = 3\n", "`alert.command` must be a table"),
    (
        "[[alert.command]]\nname = \"x\"\nargv = [\"page\"]\n",
        "t.toml:3:8: `alert.command.argv` must start with the absolute path",
    ),
    (
        "[[alert.command]]\nargv = [\"/p\"]\n",
        "t.toml:1:1: each channel needs name",
    ),
    (
        "[[alert.command]]\nname = \"x\"\nargv = [\"/p\"]\n[[alert.webhook]]\nname = \"x\"\nurl = \"https://h/\"\n",
        "t.toml:5:8: `alert.webhook.name` is the name of another channel",
    ),
    (
        "[[alert.webhook]]\nname = \"x\"\nurl = \"http://h/\"\n",
        "t.toml:3:7: `alert.webhook.url` must be https://HOST/",
    ),
    (
        "[[alert.webhook]]\nname = \"x\"\nurl = \"https://u:p@h/\"\n",
        "`alert.webhook.url` must be https://HOST/",
    ),
    (
        "[[alert.webhook]]\nname = \"x\"\nurl = \"https://h/{secret}\"\n",
        "names {secret} but no secret",
    ),
    (
        "[[alert.webhook]]\nname = \"x\"\nurl = \"https://h/\"\nsecret = \"s\"\n",
        "a secret that nothing uses",
    ),
    (
        "[[alert.webhook]]\nname = \"x\"\nurl = \"https://h/\"\nheaders = { \"A B\" = \"c\" }\n",
        "t.toml:4:11: `alert.webhook.headers` has a field \"A B\"",
    ),
    (
        "[[alert.webhook]]\nname = \"x\"\nurl = \"https://h/\"\nheaders = { A = \"c\\r\\nB: d\" }\n",
        "must not be empty or hold control characters",
    ),
];

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, wanted) in MISTAKES {
        let message = read(text).unwrap_err();
        assert!(
            message.contains(wanted),
            "{text:?} gave {message:?}, not {wanted:?}"
        );
    }
}

#[test]
fn a_password_that_others_can_read_is_refused_and_never_shown() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tcpw.toml");
    let text = "[mail]\nto = \"a@b\"\n[mail.smtp]\nhost = \"h\"\nusername = \"u\"\npassword = \"geheim\"\n";
    std::fs::write(&path, text).unwrap();
    let read = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        load(&path, true, &Path::to_path_buf)
    };
    for mode in [0o644, 0o640, 0o604] {
        let message = read(mode).unwrap_err().to_string();
        assert!(message.contains("chmod 600"), "{message}");
    }
    let config = read(0o600).unwrap();
    assert!(config.holds_password);
    assert!(!format!("{config:?}").contains("geheim"));
}

#[test]
fn an_absent_file_is_an_error_only_when_it_was_asked_for() {
    let absent = Path::new("/nonexistent/tcpw.toml");
    assert!(load(absent, false, &Path::to_path_buf).is_ok());
    let message = load(absent, true, &Path::to_path_buf)
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("/nonexistent/tcpw.toml: cannot read"),
        "{message}"
    );
}
