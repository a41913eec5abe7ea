# Installation, with the GNU directory variables. An existing configuration is left alone.

.PHONY: install uninstall

install: all ## install below DESTDIR, to PREFIX
	install -d $(DESTDIR)$(sbindir) $(DESTDIR)$(bindir) $(DESTDIR)$(unitdir) \
	    $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man5 $(DESTDIR)$(mandir)/man8 \
	    $(DESTDIR)$(docdir) $(DESTDIR)$(sysconfdir)/vmapd $(DESTDIR)$(bashcompletiondir)
	install -m 755 $(BUILD)/vmapd $(DESTDIR)$(sbindir)/vmapd
	install -m 755 $(BUILD)/vmapctl $(DESTDIR)$(bindir)/vmapctl
	for page in man/*.[158]; do \
	    install -m 644 $$page $(DESTDIR)$(mandir)/man$${page##*.}/ || exit 1; done
	for unit in systemd/*.service systemd/*.socket; do \
	    sed 's|/usr/local/sbin/|$(sbindir)/|' $$unit >$(DESTDIR)$(unitdir)/$${unit##*/} || exit 1; \
	    chmod 644 $(DESTDIR)$(unitdir)/$${unit##*/}; done
	install -m 644 conf/vmapctl.bash-completion $(DESTDIR)$(bashcompletiondir)/vmapctl
	install -m 644 README LICENSE $(filter-out %.bash-completion,$(wildcard conf/*)) \
	    $(DESTDIR)$(docdir)
	test -e $(DESTDIR)$(sysconfdir)/vmapd/vmapd.conf || \
	    install -m 640 conf/vmapd.conf $(DESTDIR)$(sysconfdir)/vmapd/vmapd.conf

uninstall: ## remove what install put there, but not the configuration
	rm -f $(DESTDIR)$(sbindir)/vmapd $(DESTDIR)$(bindir)/vmapctl
	for page in man/*.[158]; do \
	    rm -f $(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/}; done
	for unit in systemd/*.service systemd/*.socket; do \
	    rm -f $(DESTDIR)$(unitdir)/$${unit##*/}; done
	rm -f $(DESTDIR)$(bashcompletiondir)/vmapctl
	rm -rf $(DESTDIR)$(docdir)
