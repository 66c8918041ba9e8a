# What a developer of tcpw does; `just` lists it. Every line can be typed without just.

# Lists the recipes.
default:
    @just --list

# Format, types and lints of the whole workspace.
check:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings

# The tests that need neither root nor packages, in under two minutes.
test-fast:
    tests/run --fast

# Everything a change must pass; as root.
test:
    tests/run

# Each fuzz target for so many seconds.
fuzz seconds="60":
    fuzz/run {{seconds}}

# A measurement beside libwrap: tables, lint, changes, fmt, gate, notify, deliver, collect or report.
bench name="tables":
    cargo bench --locked --bench {{name}}

# Golden files, manual pages and the sessions of the documents, written again.
update:
    TCPW_UPDATE=1 cargo test --locked --lib
    TCPW_UPDATE=1 cargo test --locked --test main

# The manual pages, written again, and one of them shown.
man:
    TCPW_UPDATE=1 cargo test --locked --test main -- cli::manual:: codes::
    man ./man/tcpw.1

# The documentation of the crates, in target/doc.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

# The programs, in target/release.
release:
    cargo build --locked --release --workspace

# The packages of Debian, target/packages/tcpw_*.deb and tcpw-fleet_*.deb.
deb:
    packaging/deb/build
    packaging/deb/build --package tcpw-fleet

# The archive for glibc 2.28 or later, target/packages/tcpw-*.tar.gz; needs cargo-zigbuild and zig.
archive:
    packaging/archive

# tcpw for CI, linked statically: it has lint, match and what else only reads. Needs musl-gcc.
static:
    packaging/programs static

# What the programs are made of, as CycloneDX.
sbom:
    packaging/sbom

# Whether two checkouts give the same programs, package and archive: two release builds.
reproduce:
    packaging/reproduce

# What would be published, each crate built from its package.
package:
    cargo package --locked --workspace --allow-dirty
