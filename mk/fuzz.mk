# Fuzzing. Each t/fuzz/ROOM/fuzz_NAME.c is a target, t/fuzz/corpus/NAME/ its seeds.

.PHONY: fuzz fuzz-run fuzz-replay

FUZZ_SECONDS ?= 60
FUZZ_CC      ?= clang
FUZZ_SOURCES := $(wildcard t/fuzz/*/fuzz_*.c)
FUZZ_NAMES   := $(patsubst fuzz_%,%,$(basename $(notdir $(FUZZ_SOURCES))))
FUZZ_TARGETS := $(FUZZ_NAMES:%=$(BUILD)/fuzz/%)
FUZZ_REPLAYS := $(FUZZ_NAMES:%=$(BUILD)/replay/%)
FUZZ_CHECKS  := address,undefined

fuzz: deps-dev ## let libFuzzer look for inputs that break a parser, FUZZ_SECONDS for each target
	$(MAKE) fuzz-run BUILD=build/fuzz CC=$(FUZZ_CC) OPT="-O1 -g" \
	    SANITIZE="-fsanitize=fuzzer-no-link,$(FUZZ_CHECKS) -fno-sanitize-recover=all"

# What it finds goes to build/fuzz/corpus/NAME; what breaks a target to build/fuzz/NAME-crash-...
fuzz-run: $(FUZZ_TARGETS)
	@for name in $(FUZZ_NAMES); do \
	    mkdir -p $(BUILD)/corpus/$$name; \
	    echo "== $$name, $(FUZZ_SECONDS) s"; \
	    $(BUILD)/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 \
	        -verbosity=0 -artifact_prefix=$(BUILD)/$$name- \
	        $(BUILD)/corpus/$$name t/fuzz/corpus/$$name || exit 1; \
	done

FUZZ_RESULTS := $(FUZZ_REPLAYS:=.result)

fuzz-replay: ## run every file of the corpora once, with the plain compiler
	@$(TOGETHER) $(FUZZ_RESULTS)
	@t/results fuzz $(FUZZ_RESULTS)

$(FUZZ_RESULTS): %.result: % FORCE
	$(call record,$< $(wildcard t/fuzz/corpus/$(<F)/*))

# A target sees what its room sees.
define fuzz_target
$(BUILD)/fuzz/$(2): $(3) t/fuzz/fuzz.h $(call room_archives,$(1))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) -fsanitize=fuzzer -It/fuzz $(call room_includes,$(1)) -o $$@ $$< \
	    $(call room_archives,$(1)) $$(ALL_LDFLAGS) $$(PKG_LIBS)

$(BUILD)/replay/$(2): $(3) t/fuzz/replay.c t/fuzz/fuzz.h $(call room_archives,$(1))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) -It/fuzz $(call room_includes,$(1)) -o $$@ $$< t/fuzz/replay.c \
	    $(call room_archives,$(1)) $$(ALL_LDFLAGS) $$(PKG_LIBS)
endef
$(foreach source,$(FUZZ_SOURCES),$(eval $(call fuzz_target,$(patsubst t/fuzz/%/,%,$(dir \
    $(source))),$(patsubst fuzz_%.c,%,$(notdir $(source))),$(source))))
