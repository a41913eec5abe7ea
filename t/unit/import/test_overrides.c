/* What a value of main.cf comes to in a service that has something else for a $name in it. */
#include "overrides.h"

#include "unit.h"

static struct postconf *made(void)
{
    struct postconf *postconf = postconf_new("/etc/postfix");

    postconf_add(postconf, POSTCONF_WRITTEN,
                 slice_of("one = 1\ntwo = $one 2\nthree = ${two} $(two)\nround = $again\n"
                          "again = $round\ncosts = $$one\n"));
    postconf_add(postconf, POSTCONF_VALUES, slice_of("mydestination = localhost\n"));
    postconf_add(postconf, POSTCONF_OVERRIDES_WRITTEN,
                 slice_of("smtp/inet/one = 11\nsmtp/inet/relay_domains = $one\n"));
    postconf_add(postconf, POSTCONF_OVERRIDES_EXPANDED, slice_of("smtp/inet/relay_domains = 11\n"));
    return postconf;
}

static const struct {
    const char *value;
    bool takes;
    const char *expanded; /* NULL: not known */
} rows[] = {
    {"x", false, "x"},
    {"a $one b", true, "a 11 b"},
    {"${one}$(one)", true, "1111"},
    {"$three", true, "11 2 11 2"},
    {"$relay_domains", true, "11"},
    {"$mydestination", false, "localhost"},
    {"$$one $costs", false, "$$one $$one"},
    {"$unknown", false, NULL},
    {"${one?{$two}}", true, NULL},
    {"${{$one} == {1} ? {a} : {b}}", true, NULL},
    {"${other?{$one}}", true, NULL},
    {"$round", false, NULL},
    {"$", false, NULL},
};

START_TEST(a_value_in_a_service)
{
    struct postconf *postconf = made();
    struct buffer out = BUFFER_EMPTY;

    ck_assert(import_takes_from_service(postconf, "smtp/inet", rows[_i].value) == rows[_i].takes);
    ck_assert(!import_takes_from_service(postconf, "lmtp/unix", rows[_i].value));
    if (rows[_i].expanded == NULL) {
        ck_assert(!import_expand_for_service(postconf, "smtp/inet", rows[_i].value, &out));
    } else {
        ck_assert(import_expand_for_service(postconf, "smtp/inet", rows[_i].value, &out));
        ck_assert_str_eq(buffer_text(&out), rows[_i].expanded);
    }
    buffer_free(&out);
    postconf_free(postconf);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("import_overrides");
    TCase *t = tcase_create("import_overrides");

    tcase_add_loop_test(t, a_value_in_a_service, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
