# The usual door for who installs from the sources: `make`, then `make install` as root. What a
# developer does is in the justfile.
#
#   make install DESTDIR=/tmp/stage PREFIX=/usr     below a root, for a package
#   make install PARTS='tcpw tcpw-fleet'            also the program for many servers
#   make uninstall                                  takes the same files away; the configuration stays
PREFIX = /usr/local
SYSCONFDIR = /etc
DESTDIR =
PARTS = tcpw
# In an unpacked archive the programs are beside this file.
PROGRAMS = $(if $(wildcard Cargo.toml),target/release,.)
INSTALL = DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SYSCONFDIR='$(SYSCONFDIR)' PROGRAMS='$(PROGRAMS)' PARTS='$(PARTS)' sh packaging/install

.PHONY: all install uninstall

all:
	if [ -e Cargo.toml ]; then cargo build --release --locked --workspace --bins; fi

# Builds nothing: who installs is root, and who builds need not be.
install:
	$(INSTALL) install

uninstall:
	$(INSTALL) uninstall
