/* A configuration is known by its fingerprint, which tells nothing of passwords. */
#include "config.h"

#include "unit.h"

static uint64_t fingerprint_of(const char *text)
{
    struct buffer error = BUFFER_EMPTY;
    struct config *config = config_parse("vmapd.conf", slice_of(text), &error);
    uint64_t fingerprint;

    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
    fingerprint = config->fingerprint;
    config_unref(config);
    buffer_free(&error);
    return fingerprint;
}

#define TEXT(cache, password, query)                                                               \
    "[cache]\n" cache "[map m]\ndbname = d\npassword = " password                                  \
    "\nmirror_stream_password = " password "\nquery = " query "\n"

static const char usual[] = TEXT("ttl = 5m\n", "one", "SELECT 1 FROM t WHERE a='%s'");

START_TEST(what_means_the_same_looks_the_same)
{
    ck_assert_uint_eq(fingerprint_of(usual), fingerprint_of(usual));
    ck_assert_uint_eq(fingerprint_of(usual), fingerprint_of(TEXT("# why\nttl  =  5m \n", "one",
                                                                 "SELECT 1 FROM t WHERE a='%s'")));
    ck_assert_uint_eq(fingerprint_of(usual),
                      fingerprint_of(TEXT("ttl = 5m\n", "other", "SELECT 1 FROM t WHERE a='%s'")));
}
END_TEST

START_TEST(what_differs_looks_different)
{
    ck_assert_uint_ne(fingerprint_of(usual),
                      fingerprint_of(TEXT("ttl = 6m\n", "one", "SELECT 1 FROM t WHERE a='%s'")));
    ck_assert_uint_ne(fingerprint_of(usual),
                      fingerprint_of(TEXT("ttl = 5m\n", "one", "SELECT 2 FROM t WHERE a='%s'")));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fingerprint");
    TCase *t = tcase_create("fingerprint");

    tcase_add_test(t, what_means_the_same_looks_the_same);
    tcase_add_test(t, what_differs_looks_different);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
