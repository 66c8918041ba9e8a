//! What is installed: the package, the archive, what they are made of, and what is there for editors and CI.

/// The collection of Ansible, run by ansible-core.
mod ansible;
/// The portable archive, and `make install`.
mod archive;
/// The pre-commit hook and the action, each run.
mod ci;
/// The package of Debian: what is in it, and what lintian says.
mod deb;
/// The package with the program for many servers: what is in it, its units, and that it comes and goes.
mod deb_fleet;
/// Installed, upgraded, removed, purged and installed again on a system of its own.
mod lifecycle;
/// The programs as packages hold them, and the scripts that make packages.
mod programs;
/// The same sources give the same bytes, and no path of the machine.
mod reproducible;
/// What the programs are made of.
mod sbom;
/// The file for Vim shows as a comment only what is one.
mod vim;
/// The first five minutes, as the README has them.
mod walk;
