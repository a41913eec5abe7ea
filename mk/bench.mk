# Figures. bench/ holds servers to compare with and the programs that make load; each program names
# its sources here.

.PHONY: bench-programs bench-cache bench-miss

BENCH := $(BUILD)/bench

bench-programs: $(BENCH)/load $(BENCH)/null_epoll $(BENCH)/null_libevent ## build what makes load and what it is compared with

$(BENCH)/load: bench/load.c bench/load_keys.c bench/load_options.c
$(BENCH)/bench_cache: bench/bench_cache.c bench/cache_size.c bench/cache_hits.c bench/figure.c \
    bench/zipf.c
$(BENCH)/bench_cache: LDFLAGS += -lm
$(BENCH)/null_epoll: bench/null_epoll.c bench/null_answer.c
$(BENCH)/null_libevent: bench/null_libevent.c bench/null_answer.c
$(BENCH)/miss: bench/miss.c t/db/mariadb.c
$(BENCH)/miss: CFLAGS += -It/db

$(BENCH)/%: bench/%.c $(LIBRARY) $(wildcard bench/*.h)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Ibench -o $@ $(filter %.c,$^) $(LIBRARY) $(ALL_LDFLAGS) $(PKG_LIBS)

bench-miss: $(BENCH)/miss ## lookups a second past the cache, against a plain loop over the client library
	$(BENCH)/miss

CACHE_ENTRIES ?= 1000000

bench-cache: $(BENCH)/bench_cache ## memory, time and hits of the cache, with CACHE_ENTRIES at most
	$(BENCH)/bench_cache -n $(CACHE_ENTRIES) -j $(BENCH)/cache.json
