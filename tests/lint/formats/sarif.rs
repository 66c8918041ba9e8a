//! SARIF, validated against the JSON schema of the standard.

use super::super::{Stage, folders, name_of};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prints the name of each log that the schema rejects; the schema comes first.
const VALIDATE: &str = "\
import json, jsonschema, sys
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
for path in sys.argv[2:]:
    for error in validator.iter_errors(json.load(open(path))):
        print(path, '/'.join(map(str, error.path)), error.message[:200])
";

/// The schema, from the package that `fixtures/sarif` names.
fn schema() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sarif/Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .arg("--manifest-path")
        .arg(&manifest)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}\nfetch it: cargo fetch --locked --manifest-path {}",
        String::from_utf8_lossy(&output.stderr),
        manifest.display()
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == "serde-sarif");
    let manifest = package.unwrap()["manifest_path"].as_str().unwrap();
    Path::new(manifest)
        .with_file_name("src")
        .join("schema.json")
}

/// What the schema says against these logs, a line each.
fn complaints(schema: &Path, logs: &[PathBuf]) -> String {
    let output = Command::new("/usr/bin/python3")
        .args(["-c", VALIDATE])
        .arg(schema)
        .args(logs)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_log_is_valid_by_the_schema_of_the_standard() {
    let schema = schema();
    let directory = tempfile::tempdir().unwrap();
    let mut logs = Vec::new();
    let mut last = Value::Null;
    for folder in folders() {
        let output = Stage::of(&folder).lint("bad", &["--format", "sarif"]);
        let path = directory.path().join(name_of(&folder));
        std::fs::write(&path, &output.stdout).unwrap();
        last = serde_json::from_slice(&output.stdout).unwrap();
        assert_ne!(last["runs"][0]["results"], json!([]), "{}", path.display());
        logs.push(path);
    }
    assert_eq!(complaints(&schema, &logs), "");
    // The schema rejects what is wrong.
    let breakages: [fn(&mut Value); 3] = [
        |log| log["version"] = json!("2.0.0"),
        |log| drop(log["runs"][0]["results"][0]["message"].take()),
        |log| {
            let location = &mut log["runs"][0]["results"][0]["locations"][0];
            location["physicalLocation"]["region"]["startLine"] = json!(0);
        },
    ];
    for breakage in breakages {
        let mut log = last.clone();
        breakage(&mut log);
        let path = directory.path().join("broken");
        std::fs::write(&path, log.to_string()).unwrap();
        assert_ne!(complaints(&schema, &[path]), "", "{log}");
    }
}
