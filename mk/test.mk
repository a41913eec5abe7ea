# Tests. `make check` is the one command; each part can be run alone.

.PHONY: check unit

check: deps-test ## install, build, run every test
	$(MAKE) unit

unit: $(UNIT) ## the unit tests
	@status=0; for t in $(UNIT); do CK_VERBOSITY=normal $$t || status=1; done; exit $$status
