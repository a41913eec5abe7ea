# Installation, with the GNU directory variables. An existing configuration is left alone.

.PHONY: install uninstall

INSTALL         ?= install
INSTALL_PROGRAM ?= $(INSTALL) -m 755
INSTALL_DATA    ?= $(INSTALL) -m 644

MANUALS  := $(wildcard man/*.[158])
UNITS    := $(wildcard systemd/*.service systemd/*.socket)
EXAMPLES := $(filter-out %.bash-completion,$(wildcard conf/*))
DOCS     := README LICENSE $(wildcard CHANGELOG docs/*.md docs/*.png docs/*.svg)

section_dir = $(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(1)))

install: all ## install below DESTDIR, to prefix
	$(INSTALL) -d $(DESTDIR)$(sbindir) $(DESTDIR)$(bindir) $(DESTDIR)$(unitdir) \
	    $(DESTDIR)$(sysusersdir) $(DESTDIR)$(tmpfilesdir) $(DESTDIR)$(bashcompletiondir) \
	    $(DESTDIR)$(docdir)/examples $(DESTDIR)$(sysconfdir)/vmapd \
	    $(sort $(foreach page,$(MANUALS),$(call section_dir,$(page))))
	$(INSTALL_PROGRAM) $(BUILD)/vmapd $(DESTDIR)$(sbindir)/vmapd
	$(INSTALL_PROGRAM) $(BUILD)/vmapctl $(DESTDIR)$(bindir)/vmapctl
	$(foreach page,$(MANUALS),$(INSTALL_DATA) $(page) $(call section_dir,$(page)) &&) true
	for unit in $(UNITS); do \
	    sed -e 's|/usr/local/sbin/|$(sbindir)/|' -e 's|/usr/local/share/doc/vmapd/|$(docdir)/|' $$unit >$(DESTDIR)$(unitdir)/$${unit##*/} && \
	    chmod 644 $(DESTDIR)$(unitdir)/$${unit##*/} || exit 1; done
	$(INSTALL_DATA) systemd/vmapd.sysusers $(DESTDIR)$(sysusersdir)/vmapd.conf
	$(INSTALL_DATA) systemd/vmapd.tmpfiles $(DESTDIR)$(tmpfilesdir)/vmapd.conf
	$(INSTALL_DATA) conf/vmapctl.bash-completion $(DESTDIR)$(bashcompletiondir)/vmapctl
	$(INSTALL_DATA) $(DOCS) $(DESTDIR)$(docdir)
	$(INSTALL_DATA) $(EXAMPLES) $(DESTDIR)$(docdir)/examples
	test -e $(DESTDIR)$(sysconfdir)/vmapd/vmapd.conf || \
	    $(INSTALL) -m 640 conf/vmapd.conf $(DESTDIR)$(sysconfdir)/vmapd/vmapd.conf

uninstall: ## remove what install put there, but not the configuration
	rm -f $(DESTDIR)$(sbindir)/vmapd $(DESTDIR)$(bindir)/vmapctl \
	    $(foreach page,$(MANUALS),$(call section_dir,$(page))/$(notdir $(page))) \
	    $(UNITS:systemd/%=$(DESTDIR)$(unitdir)/%) \
	    $(DESTDIR)$(sysusersdir)/vmapd.conf $(DESTDIR)$(tmpfilesdir)/vmapd.conf \
	    $(DESTDIR)$(bashcompletiondir)/vmapctl
	rm -rf $(DESTDIR)$(docdir)
	@test -n "$(DESTDIR)" || echo "Left: /etc/vmapd, /var/lib/vmapd and the user vmapd (docs/moving.md, Uninstall)"
