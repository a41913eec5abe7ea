/* Keys fold as Postfix's casefold(3) folds them: Unicode's CaseFolding.txt, statuses C and F. */
#include "fold.h"

#include "unit.h"

static const struct {
    const char *what, *key, *folded;
} folds[] = {
    {"empty", "", ""},
    {"ASCII", "User+Foo@EXAMPLE.com", "user+foo@example.com"},
    {"next to letters in ASCII", "@[`{AZaz", "@[`{azaz"},
    {"ASCII beside others", "ÄB@C", "äb@c"},
    {"capital Latin", "ÀÉÎÕÜÝ", "àéîõüý"},
    {"sharp s, F", "Straße", "strasse"},
    {"capital sharp s, F", "\xe1\xba\x9e", "ss"},
    {"long s", "\xc5\xbf", "s"},
    {"dotted capital I becomes two characters", "\xc4\xb0", "i\xcc\x87"},
    {"dotless i stays", "\xc4\xb1", "\xc4\xb1"},
    {"Kelvin sign", "\xe2\x84\xaa", "k"},
    {"Angstrom sign", "\xe2\x84\xab", "\xc3\xa5"},
    {"capital sigma", "\xce\xa3", "\xcf\x83"},
    {"final sigma", "\xcf\x82", "\xcf\x83"},
    {"ligature fi", "\xef\xac\x81", "fi"},
    {"ligature ffi, three", "\xef\xac\x83", "ffi"},
    {"longest, 2 bytes to 6", "\xce\x90", "\xce\xb9\xcc\x88\xcc\x81"},
    {"no normalisation: decomposed", "E\xcc\x81", "e\xcc\x81"},
    {"no normalisation: composed", "\xc3\x89", "\xc3\xa9"},
    {"marks stay in their order", "a\xcc\x81\xcc\xa7", "a\xcc\x81\xcc\xa7"},
    {"soft hyphen stays",
     "a\xc2\xad"
     "B",
     "a\xc2\xad"
     "b"},
    {"zero width joiner stays", "\xe2\x80\x8d", "\xe2\x80\x8d"},
    {"Cyrillic", "\xd0\x96", "\xd0\xb6"},
    {"Cherokee folds to capitals", "\xea\xad\xb0", "\xe1\x8e\xa0"},
    {"fullwidth", "\xef\xbc\xa1", "\xef\xbd\x81"},
    {"ypogegrammeni", "\xcd\x85", "\xce\xb9"},
    {"Deseret, 4 bytes", "\xf0\x90\x90\x80", "\xf0\x90\x90\xa8"},
    {"Chinese", "\xe4\xb8\xad", "\xe4\xb8\xad"},
    {"Hangul", "\xea\xb0\x80", "\xea\xb0\x80"},
    {"noncharacter", "\xef\xbf\xbe", "\xef\xbf\xbe"},
    {"last code point", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
};

START_TEST(folds_like_postfix)
{
    struct buffer out = BUFFER_EMPTY;

    buffer_add_text(&out, "kept ");
    ck_assert_msg(fold_key(slice_of(folds[_i].key), &out), "%s", folds[_i].what);
    ck_assert_msg(strcmp(out.data + 5, folds[_i].folded) == 0, "%s: %s", folds[_i].what, out.data);
    ck_assert_uint_eq(out.len, 5 + strlen(folds[_i].folded));
    ck_assert_mem_eq(out.data, "kept ", 5);
    buffer_free(&out);
}
END_TEST

START_TEST(folding_twice_changes_nothing)
{
    struct buffer once = BUFFER_EMPTY;
    struct buffer twice = BUFFER_EMPTY;

    ck_assert(fold_key(slice_of(folds[_i].key), &once));
    ck_assert(fold_key(buffer_slice(&once), &twice));
    ck_assert(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    buffer_free(&once);
    buffer_free(&twice);
}
END_TEST

/* RFC 3629, as parse_utf8_char(3h) of Postfix. */
static const char *const invalid[] = {
    "\x80",             /* tail without lead */
    "\xc3",             /* lead without tail */
    "\xc3(",            /* something else as tail */
    "\xc0\x80",         /* over-long NUL */
    "\xc1\xbf",         /* over-long */
    "\xe0\x9f\xbf",     /* over-long */
    "\xe2\x82",         /* cut */
    "\xed\xa0\x80",     /* first surrogate */
    "\xed\xbf\xbf",     /* last surrogate */
    "\xf0\x8f\xbf\xbf", /* over-long */
    "\xf0\x9f\x98",     /* cut */
    "\xf4\x90\x80\x80", /* above U+10FFFF */
    "\xf5\x80\x80\x80", /* no such lead */
    "\xfe",
    "\xff",
    "User@example.com\xe4", /* Latin-1 */
    "\xc3\xa4\xe4@x",       /* good first, then bad */
};

START_TEST(refuses_what_is_not_utf8)
{
    struct buffer out = BUFFER_EMPTY;

    buffer_add_text(&out, "kept");
    ck_assert(!fold_key(slice_of(invalid[_i]), &out));
    ck_assert_uint_eq(out.len, 4);
    ck_assert_str_eq(out.data, "kept");
    buffer_free(&out);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fold");
    TCase *t = tcase_create("fold");

    tcase_add_loop_test(t, folds_like_postfix, 0, (int)(sizeof(folds) / sizeof(folds[0])));
    tcase_add_loop_test(t, folding_twice_changes_nothing, 0,
                        (int)(sizeof(folds) / sizeof(folds[0])));
    tcase_add_loop_test(t, refuses_what_is_not_utf8, 0,
                        (int)(sizeof(invalid) / sizeof(invalid[0])));
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
