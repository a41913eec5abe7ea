# Installation, with the GNU directory variables.

install: all ## install to DESTDIR/PREFIX
	install -d $(DESTDIR)$(sbindir) $(DESTDIR)$(bindir)
	install -m 755 $(BUILD)/vmapd $(DESTDIR)$(sbindir)/vmapd
	install -m 755 $(BUILD)/vmapctl $(DESTDIR)$(bindir)/vmapctl
