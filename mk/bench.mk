# Figures. bench/ holds servers to compare with and the programs that make load; each program names
# its sources here.

.PHONY: bench bench-run bench-programs bench-cache bench-miss

BENCH          := $(BUILD)/bench
BENCH_PROGRAMS := load null_epoll null_libevent plain_async smtp_load make_state bench_cache

bench: deps-bench ## all figures beside their targets, five minutes; BENCH_ARGS=--help for parts of it
	@$(MAKE) --no-print-directory all bench-programs
	@$(MAKE) --no-print-directory bench-run

bench-run:
	@$(PYTHON) bench/bench.py $(BENCH_ARGS)

bench-programs: $(BENCH_PROGRAMS:%=$(BENCH)/%) ## build what makes load and what it is compared with

$(BENCH)/load: bench/load.c bench/load_keys.c bench/load_options.c
$(BENCH)/bench_cache: bench/bench_cache.c bench/cache_size.c bench/cache_rows.c bench/cache_hits.c \
    bench/measure.c bench/figure.c bench/zipf.c
$(BENCH)/bench_cache: LDFLAGS += -lm
$(BENCH)/null_epoll: bench/null_epoll.c bench/null_answer.c
$(BENCH)/null_libevent: bench/null_libevent.c bench/null_answer.c
$(BENCH)/miss: bench/miss.c t/db/mariadb.c
$(BENCH)/miss: CFLAGS += -It/db
$(BENCH)/plain_async: bench/plain_async.c bench/lines.c
$(BENCH)/smtp_load: bench/smtp_load.c bench/lines.c
$(BENCH)/make_state: bench/make_state.c bench/load_keys.c

$(BENCH)/%: bench/%.c $(ALL_ARCHIVES) $(wildcard bench/*.h)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_INCLUDES) -Ibench -o $@ $(filter %.c,$^) $(ALL_ARCHIVES) $(ALL_LDFLAGS) $(PKG_LIBS)

bench-miss: $(BENCH)/miss ## lookups a second past the cache, against a plain loop over the client library
	$(BENCH)/miss

CACHE_ENTRIES ?= 1000000

bench-cache: $(BENCH)/bench_cache ## memory, time and hits of the cache, with CACHE_ENTRIES at most
	$(BENCH)/bench_cache -n $(CACHE_ENTRIES) -j $(BENCH)/cache.json
