# Static checks; all of them clean.
C_FILES = $(wildcard src/*/*.[ch] include/*/*.h t/unit/*.h t/unit/*/*.[ch] t/db/*.[ch] t/fuzz/*.[ch] \
    t/fuzz/*/*.[ch] bench/*.[ch])

.PHONY: format format-check lint lint-tools

format: ## reformat all C files
	clang-format -i $(C_FILES)

format-check: deps-dev ## all C files are as clang-format would have them
	clang-format --dry-run -Werror $(C_FILES)

lint: deps-dev ## no warnings from gcc, clang, clang-tidy and cppcheck
	$(MAKE) lint-tools

lint-tools: $(SOURCES:%=$(BUILD)/tidy/%.ok)
	$(MAKE) all WERROR=-Werror CC=gcc BUILD=$(BUILD)/lint-gcc
	$(MAKE) all WERROR=-Werror CC=clang BUILD=$(BUILD)/lint-clang
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
	    --inline-suppr --suppress=missingIncludeSystem $(ALL_INCLUDES) src

$(BUILD)/tidy/%.ok: % .clang-tidy
	@mkdir -p $(@D)
	clang-tidy --quiet $< -- -std=c11 -D_GNU_SOURCE \
	    $(call room_includes,$(call room_of,$(patsubst src/%,%,$<))) $(PKG_CFLAGS)
	@touch $@
