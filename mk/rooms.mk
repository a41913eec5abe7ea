# The rooms of the house: src/ROOM, with include/ROOM as its door. What each room may see stands here
# and nowhere else; the include path of a file is made of these lines, so what is not named does not
# compile. docs/hacking.md tells what each room is for.

# From the top down; the linker looks through them in this order.
ROOMS := vmapctl moving check import postconf daemon doors report lookup mirror binlog database state cache config \
    rules wire base

SEES_vmapctl  := moving check import postconf config rules wire base
SEES_moving   := check import postconf mirror database config rules wire base
SEES_check    := postconf mirror database config rules wire base
SEES_import   := postconf rules base
SEES_postconf := rules base
SEES_daemon   := doors lookup mirror database state cache config rules wire base
SEES_doors    := report lookup mirror database cache config rules wire base
SEES_report   := lookup mirror database cache config rules base
SEES_lookup   := mirror database cache config rules wire base
SEES_mirror   := binlog database cache config rules base
SEES_binlog   := base
SEES_database := config rules base
SEES_state    := cache config rules base
SEES_cache    := base
SEES_config   := rules wire base
SEES_rules    := wire base
SEES_wire     := base
SEES_base     :=

SOURCES := $(wildcard $(ROOMS:%=src/%/*.c))
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/obj/%.o)

# For a room: the include path of its files; the archives of it and of those below.
room_includes = -Isrc/$(1) $(addprefix -Iinclude/,$(1) $(SEES_$(1)))
from_here     = $(if $(filter $(1),$(firstword $(2))),$(2),$(call from_here,$(1),$(wordlist 2,99,$(2))))
room_archives = $(patsubst %,$(BUILD)/lib/%.a,$(call from_here,$(1),$(ROOMS)))
room_of       = $(firstword $(subst /, ,$(1)))

# What stands outside of the house, such as figures, sees every door.
ALL_INCLUDES := $(ROOMS:%=-Iinclude/%)
ALL_ARCHIVES := $(ROOMS:%=$(BUILD)/lib/%.a)

# A program is the main.c of its room; what it has of the other files the linker takes from the archives.
PROGRAMS      := vmapd vmapctl
ROOM_vmapd    := daemon
ROOM_vmapctl  := vmapctl

all: $(PROGRAMS:%=$(BUILD)/%) ## build vmapd and vmapctl in build/

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(call room_includes,$(call room_of,$*)) -MMD -MP -c -o $@ $<

define room_archive
$(BUILD)/lib/$(1).a: $(patsubst src/%.c,$(BUILD)/obj/%.o,$(filter-out %/main.c,$(wildcard src/$(1)/*.c)))
	@mkdir -p $$(@D)
	rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_archive,$(room))))

define program
$(BUILD)/$(1): $(BUILD)/obj/$(ROOM_$(1))/main.o $(call room_archives,$(ROOM_$(1)))
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(PKG_LIBS)
endef
$(foreach name,$(PROGRAMS),$(eval $(call program,$(name))))

-include $(OBJECTS:.o=.d)

# Unit tests: t/unit/ROOM/test_*.c, each linked with the rooms from its own down, so that a test can put
# its own in the place of what is below. t/unit/*.h are what several of them share.
UNIT := $(patsubst t/unit/%.c,$(BUILD)/t/%,$(wildcard t/unit/*/test_*.c))

# What a test may see beside that, since it is about how two rooms fit together.
TEST_SEES_import/test_write   := config
TEST_SEES_vmapctl/test_remote := doors lookup mirror database cache

# A START_TEST that no tcase_add_test() names would be compiled and never run.
TEST_CFLAGS = $(ALL_CFLAGS) -Werror=unused-variable

test_includes = $(call room_includes,$(1)) $(addprefix -Iinclude/,$(TEST_SEES_$(2)))
test_archives = $(if $(TEST_SEES_$(2)),$(ALL_ARCHIVES),$(call room_archives,$(1)))

CHECK_LIBS = $(shell pkg-config --libs check)

define unit_test
$(BUILD)/t/$(2).o: t/unit/$(2).c
	@mkdir -p $$(@D)
	$$(CC) $$(TEST_CFLAGS) -It/unit $(call test_includes,$(1),$(2)) -MMD -MP -c -o $$@ $$<

$(BUILD)/t/$(2): $(BUILD)/t/$(2).o $(call test_archives,$(1),$(2))
	$$(CC) -o $$@ $$(filter %.o %.a,$$^) $$(ALL_LDFLAGS) $$(PKG_LIBS) $$(CHECK_LIBS)
endef
$(foreach test,$(UNIT:$(BUILD)/t/%=%),$(eval $(call unit_test,$(call room_of,$(test)),$(test))))

# Tests against a private MariaDB server: t/db/test_*.c, each with what they share.
DB_TESTS  := $(patsubst t/db/%.c,$(BUILD)/t/db/%,$(wildcard t/db/test_*.c))
DB_SHARED := $(patsubst t/db/%.c,$(BUILD)/t/db/%.o,$(filter-out $(wildcard t/db/test_*.c),$(wildcard t/db/*.c)))

$(BUILD)/t/db/%.o: t/db/%.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -It/unit -It/db $(call room_includes,database) -MMD -MP -c -o $@ $<

$(DB_TESTS): %: %.o $(DB_SHARED) $(call room_archives,database)
	$(CC) -o $@ $(filter %.o %.a,$^) $(ALL_LDFLAGS) $(PKG_LIBS) $(CHECK_LIBS)

-include $(wildcard $(BUILD)/t/*/*.d)

.PHONY: room-includes
room-includes:
	@echo $(call room_includes,$(ROOM))
