# Static checks; all of them clean.
C_FILES = $(wildcard src/*/*.[ch] include/*/*.h t/unit/*.h t/unit/*/*.[ch] t/db/*.[ch] t/fuzz/*.[ch] \
    t/fuzz/*/*.[ch] bench/*.[ch])

.PHONY: format format-check lint lint-tools

format: ## reformat all C files
	@clang-format -i $(C_FILES)

format-check: deps-dev ## all C files are as clang-format would have them
	@clang-format --dry-run -Werror $(C_FILES)

lint: deps-dev ## no warnings from gcc, clang, clang-tidy and cppcheck, the tests included
	@$(TOGETHER) lint-tools

# All that is written in C, the tests as well.
.PHONY: everything lint-gcc lint-clang lint-cppcheck
everything: all bench-programs $(BENCH)/miss $(UNIT) $(DB_TESTS) $(FUZZ_REPLAYS)

TIDY_SOURCES := $(SOURCES) $(wildcard t/unit/*/*.c t/db/*.c t/fuzz/*.c t/fuzz/*/*.c bench/*.c)

lint-tools: lint-gcc lint-clang lint-cppcheck $(TIDY_SOURCES:%=$(BUILD)/tidy/%.ok)

lint-gcc:
	@$(MAKE) -s everything WERROR=-Werror CC=gcc BUILD=$(BUILD)/lint-gcc

lint-clang:
	@$(MAKE) -s everything WERROR=-Werror CC=clang BUILD=$(BUILD)/lint-clang

# It has to know the lists of sys/queue.h, and looks into no header of the system by itself.
lint-cppcheck:
	@cppcheck --quiet --include=$(firstword $(wildcard /usr/include/sys/queue.h /usr/include/*/sys/queue.h)) \
	    --std=c11 --enable=warning,performance,portability --error-exitcode=1 --inline-suppr \
	    --suppress=missingIncludeSystem $(ALL_INCLUDES) src

# The include path of a file, by where it stands.
tidy_of_src   = $(call room_includes,$(1))
tidy_of_unit  = -It/unit $(call test_includes,$(1),$(1)/$(basename $(2)))
tidy_of_db    = -It/unit -It/db $(call room_includes,database)
tidy_of_fuzz  = -It/fuzz $(call room_includes,$(1))
tidy_of_bench = -Ibench -It/db $(ALL_INCLUDES)
tidy_path     = $(call tidy_of_$(1),$(word 1,$(2)),$(word 2,$(2)))
tidy_includes = $(call tidy_path,$(word 1,$(1)),$(wordlist 2,9,$(1)))

$(BUILD)/tidy/%.ok: % .clang-tidy t/.clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- -std=c11 -D_GNU_SOURCE \
	    $(call tidy_includes,$(subst /, ,$(patsubst t/%,%,$<))) $(PKG_CFLAGS) 2>$@.log || \
	    { cat $@.log >&2; exit 1; }
	@touch $@
