# vmapd - build, test, install. `make help` lists the targets.

# The GNU directory variables; PREFIX is prefix. /etc is where vmapd looks, whatever the prefix.
PREFIX      ?= /usr/local
prefix      ?= $(PREFIX)
exec_prefix ?= $(prefix)
bindir      ?= $(exec_prefix)/bin
sbindir     ?= $(exec_prefix)/sbin
libdir      ?= $(exec_prefix)/lib
datarootdir ?= $(prefix)/share
mandir      ?= $(datarootdir)/man
docdir      ?= $(datarootdir)/doc/vmapd
sysconfdir  ?= /etc
unitdir     ?= $(libdir)/systemd/system
sysusersdir ?= $(libdir)/sysusers.d
tmpfilesdir ?= $(libdir)/tmpfiles.d
bashcompletiondir ?= $(datarootdir)/bash-completion/completions
DESTDIR     ?=

# Every Debian package that building, testing and the demo need; `make deps` installs what is missing. a|b
# is a, or b where a release of Debian does not have it.
PACKAGES_BUILD := build-essential pkg-config default-libmysqlclient-dev libevent-dev \
    libicu-dev libjansson-dev libsystemd-dev zlib1g-dev
PACKAGES_TEST  := check mariadb-server galera-4 rsync postfix postfix-mysql swaks python3 \
    python3-pytest python3-pytest-xdist openssl man-db procps prometheus systemd iproute2 strace apparmor
PACKAGES_MYSQL := npm
PACKAGES_MAILSYSTEM := dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-mysql \
    bind9-utils
PACKAGES_BENCH := postfix-lmdb
PACKAGES_PICTURES := gnuplot-nox
PACKAGES_DEB   := check postfix systemd-dev|systemd debhelper dh-apparmor apparmor lintian debootstrap \
    systemd-container python3
PACKAGES_RPM   := check postfix rpm rpmlint
PACKAGES_DEV   := clang clang-tidy clang-format cppcheck valgrind libclang-rt-dev

CC     ?= cc
BUILD  ?= build
LIBS   := libmariadb libevent_core libevent_extra icu-uc jansson libsystemd zlib
OPT    ?= -O2 -g
WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
    -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla \
    -Wimplicit-fallthrough -Wnull-dereference
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
SANITIZE ?=
WERROR ?=

# Immediate expansion must not run pkg-config before `make deps` could install it.
PKG_CFLAGS = $(shell pkg-config --cflags $(LIBS) | sed 's/-I/-isystem /g')
PKG_LIBS   = $(shell pkg-config --libs $(LIBS))

ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(PKG_CFLAGS) $(OPT) $(WARN) $(WERROR) $(HARDEN) \
    $(SANITIZE) -pthread $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro -Wl,-z,now -pthread $(SANITIZE) $(LDFLAGS)

include mk/rooms.mk

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all help clean

all: $(PROGRAMS:%=$(BUILD)/%) ## build vmapd and vmapctl in build/

clean: ## remove build/
	rm -rf $(BUILD)

# Whom each target is for; those that are not named are for developers.
FOR_USERS     := all install uninstall demo demo-stop deps clean help
FOR_PACKAGERS := deb rpm check-deb check-booted check-rpm check-container check-trixie check-bookworm deps-deb deps-rpm release dist

help: ## this list
	@awk -F ':.*## ' -v users=" $(FOR_USERS) " -v packagers=" $(FOR_PACKAGERS) " ' \
	    /^[a-z-]+:.*## / { \
	        group = index(users, " " $$1 " ") ? 1 : index(packagers, " " $$1 " ") ? 2 : 3; \
	        text[group] = text[group] sprintf("  %-16s %s\n", $$1, $$2) } \
	    END { printf "For users\n%s\nFor packagers\n%s\nFor developers\n%s", text[1], text[2], \
	              text[3] }' $(MAKEFILE_LIST)

include mk/deps.mk mk/test.mk mk/bench.mk mk/fuzz.mk mk/soak.mk mk/lint.mk mk/install.mk \
    mk/packages.mk mk/pictures.mk
