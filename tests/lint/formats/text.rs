//! The formats for programs: well-formed whatever the tables hold.

use crate::sandbox::Sandbox;
use serde_json::Value;

/// Tables with text that would break a careless writer.
const HOSTILE: &[u8] = b"sshd: 10.1.2.3/24 <&\"'>]]>\x1b[31m\x01\xff%0A::error\n\
    sshd: 1.2.3: spawn echo %%,:x & : deny\r\n";

fn printed(format: &str) -> String {
    let run = Sandbox::new().file("a,b:c %<&\".allow", HOSTILE).run(&[
        "lint",
        "--format",
        format,
        "a,b:c %<&\".allow",
    ]);
    let text = run.stdout_text().to_owned();
    run.stdout(&text).code(1).done();
    text
}

/// Keys that an object of SARIF 2.1.0 must and may have, as far as we write it.
fn check_object(value: &Value, required: &[&str], optional: &[&str]) {
    let object = value.as_object().unwrap();
    for key in required {
        assert!(object.contains_key(*key), "{key} is missing in {value}");
    }
    for key in object.keys() {
        let known = required.contains(&key.as_str()) || optional.contains(&key.as_str());
        assert!(known, "{key} is unknown in {value}");
    }
}

#[test]
fn sarif_has_the_structure_of_the_standard() {
    let log: Value = serde_json::from_str(&printed("sarif")).unwrap();
    check_object(&log, &["version", "runs"], &["$schema"]);
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    let run = &log["runs"][0];
    check_object(run, &["tool", "results"], &["columnKind"]);
    let kinds = ["utf16CodeUnits", "unicodeCodePoints"];
    assert!(kinds.contains(&run["columnKind"].as_str().unwrap()));
    check_object(&run["tool"], &["driver"], &[]);
    let driver = &run["tool"]["driver"];
    check_object(driver, &["name"], &["semanticVersion", "rules"]);
    let rules = driver["rules"].as_array().unwrap();
    let levels = ["none", "note", "warning", "error"];
    for rule in rules {
        let texts = ["shortDescription", "fullDescription"];
        check_object(
            rule,
            &["id"],
            &[
                "name",
                texts[0],
                texts[1],
                "defaultConfiguration",
                "properties",
            ],
        );
        for text in texts {
            check_object(&rule[text], &["text"], &[]);
            assert!(!rule[text]["text"].as_str().unwrap().is_empty());
        }
        let level = &rule["defaultConfiguration"]["level"];
        assert!(levels.contains(&level.as_str().unwrap()));
    }
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 2);
    for result in results {
        check_result(result, rules, &levels);
    }
}

fn check_result(result: &Value, rules: &[Value], levels: &[&str]) {
    check_object(
        result,
        &["message"],
        &["ruleId", "ruleIndex", "level", "locations", "properties"],
    );
    check_object(&result["message"], &["text"], &[]);
    assert!(levels.contains(&result["level"].as_str().unwrap()));
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[index]["id"], result["ruleId"]);
    let locations = result["locations"].as_array().unwrap();
    assert_eq!(locations.len(), 1);
    let location = &locations[0];
    check_object(location, &["physicalLocation"], &[]);
    let place = &location["physicalLocation"];
    check_object(place, &["artifactLocation", "region"], &[]);
    assert_eq!(
        place["artifactLocation"]["uri"],
        "a%2Cb%3Ac%20%25%3C%26%22.allow"
    );
    let number = |key: &str| place["region"][key].as_u64().unwrap();
    check_object(
        &place["region"],
        &["startLine", "startColumn", "endLine", "endColumn"],
        &[],
    );
    assert!(number("startLine") >= 1 && number("startColumn") >= 1);
    assert!(
        (number("endLine"), number("endColumn")) >= (number("startLine"), number("startColumn"))
    );
}

/// What python's expat says of a document: the path of every element in it.
fn elements(xml: &str) -> Vec<String> {
    let script = "import sys,xml.dom.minidom as m\n\
        d=m.parseString(sys.stdin.buffer.read())\n\
        for e in d.getElementsByTagName('*'): print(e.tagName, *sorted(e.attributes.keys()))";
    let mut child = std::process::Command::new("/usr/bin/python3")
        .args(["-c", script])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), xml.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{xml}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn checkstyle_and_junit_are_well_formed_whatever_the_tables_hold() {
    let checkstyle = elements(&printed("checkstyle"));
    assert_eq!(checkstyle[..2], ["checkstyle version", "file name"]);
    let error = "error column line message severity source";
    assert!(checkstyle.len() > 3 && checkstyle[2..].iter().all(|e| e == error));
    let junit = elements(&printed("junit"));
    assert_eq!(
        junit[..2],
        ["testsuites name", "testsuite errors failures name tests"]
    );
    assert!(junit.contains(&"testcase classname name".to_owned()));
    assert!(junit.contains(&"failure message type".to_owned()));
}

#[test]
fn github_has_one_command_a_line_and_no_text_becomes_a_command() {
    let text = printed("github");
    assert!(text.lines().count() >= 2);
    for line in text.lines() {
        let is_command = ["::error ", "::warning ", "::notice "]
            .iter()
            .any(|head| line.starts_with(head));
        assert!(is_command, "{line}");
        assert!(
            line.contains(" file=a%2Cb%3Ac %25<&\".allow,line="),
            "{line}"
        );
    }
}

#[test]
fn fail_on_says_from_which_severity_on_the_exit_code_is_1() {
    for (table, level, code) in [
        ("sshd: 10.1.2.3/24\n", "error", 1),
        ("sshd: 10.*\n", "error", 0),
        ("sshd: 10.*\n", "warning", 1),
        ("sshd: 10.1.2.3\n", "info", 0),
    ] {
        let run = Sandbox::new().file("hosts.allow", table).run(&[
            "lint",
            "--fail-on",
            level,
            "hosts.allow",
        ]);
        let text = run.stdout_text().to_owned();
        run.stdout(&text).code(code).done();
    }
}

#[test]
fn no_color_is_honoured_and_colours_can_be_forced() {
    let run = |arguments: &[&str]| {
        let run = Sandbox::new()
            .file("hosts.allow", "sshd: 10.1.2.3/24\n")
            .run(arguments);
        let text = run.stdout_text().to_owned();
        run.stdout(&text).code(1).done();
        text
    };
    assert!(!run(&["lint", "hosts.allow"]).contains('\x1b'));
    assert!(run(&["lint", "--color", "always", "hosts.allow"]).contains("\x1b[31merror"));
}
