//! The HTML in a browser: the charts are drawn, on a desk and on a phone, in light and dark.
//! `TCPW_UPDATE=1` keeps what the desk shows as `man/report.png`.

use super::golden::{local, report_of};
use super::sample::{END, START, Sample};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tcpw::report;
use tcpw::values::Language;
use tempfile::TempDir;

/// What a browser of this width shows of a page.
fn screenshot(stage: &Path, page: &Path, name: &str, size: &str, theme: &str) -> PathBuf {
    let picture = stage.join(name);
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
        ])
        .arg(format!(
            "--user-data-dir={}",
            stage.join("profile").display()
        ))
        .arg(format!("--window-size={size}"))
        .arg(format!("--blink-settings=preferredColorScheme={theme}"))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("chromium is installed");
    assert!(
        picture.exists(),
        "chromium made no picture: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    picture
}

/// How many pixels have the colour, how wide they lie, and the colour of the page.
fn pixels(picture: &Path, colour: &str) -> (u64, u64, String) {
    let output = Command::new("python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/pixels.py"))
        .arg(picture)
        .args([colour, "2"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(words.len(), 6, "{text}{complaint}");
    let [count, left, right, corner] = [0, 1, 3, 5].map(|place| words[place]);
    let number = |word: &str| word.parse::<u64>().unwrap();
    (
        number(count),
        number(right).saturating_sub(number(left)),
        corner.to_owned(),
    )
}

const COLUMN: &str = "3b82d6";
const LIGHT: &str = "1";
const DARK: &str = "0";

#[test]
fn the_charts_are_drawn() {
    let stage = TempDir::new().unwrap();
    let sample = Sample::new(stage.path());
    let report = report_of(&sample.path, START, END, false);
    let html = report::html(&report, Language::English, &local);
    let page = stage.path().join("report.html");
    fs::write(&page, &html).unwrap();
    for (name, size, theme, width, corner) in [
        ("desk.png", "800,1500", LIGHT, 600, "ffffff"),
        ("desk-dark.png", "800,1500", DARK, 600, "14171a"),
        ("phone.png", "500,1500", LIGHT, 250, "ffffff"),
    ] {
        let picture = screenshot(stage.path(), &page, name, size, theme);
        let (count, wide, background) = pixels(&picture, COLUMN);
        assert!(count > 5_000, "{name}: {count} pixels of columns");
        assert!(wide > width, "{name}: the columns are {wide} wide");
        assert_eq!(background, corner, "{name}");
        if name == "desk.png" && std::env::var_os("TCPW_UPDATE").is_some() {
            let shown = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/report.png");
            fs::copy(&picture, shown).unwrap();
        }
    }
    // Without its drawings the same page has only the small bars of the tables.
    let start = html.find("<svg ").unwrap();
    let end = html.rfind("</svg>").unwrap();
    let bare = html[..start].to_owned() + &html[end..];
    let bare = bare.replace("background:#3b82d6", "background:#888888");
    fs::write(&page, bare).unwrap();
    let picture = screenshot(stage.path(), &page, "bare.png", "800,1500", LIGHT);
    assert_eq!(
        pixels(&picture, COLUMN).0,
        0,
        "the colour is that of the charts"
    );
}
