/*
 * Certain, or ask: what is told from a list of rows is what a server would have said. The server is
 * played: it compares as collations do that ignore accents, width and characters without weight, in
 * several ways; each of thousands of keys is asked of it and of the mirror's rules.
 */
#include "certain.h"

#include <ctype.h>
#include <stdio.h>

#include "exotics.h"
#include "unit.h"

static const struct hash_secret secret = {{1, 2}};

static struct certain_texts one(const struct slice *text)
{
    return (struct certain_texts){text, 1};
}

/* --- shapes --------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    enum certain_shape shape;
    const char *domain;
} shapes[] = {
    {"user@example.com", CERTAIN_PLAIN, NULL},
    {"~", CERTAIN_PLAIN, NULL},
    {" a b", CERTAIN_PLAIN, NULL},
    {"\"j\\o@e\"@d", CERTAIN_PLAIN, NULL},
    {"", CERTAIN_ANYWHERE, NULL},
    {" ", CERTAIN_ANYWHERE, NULL},
    {"user@d.de ", CERTAIN_ANYWHERE, NULL},
    {"user@d.de\t", CERTAIN_ANYWHERE, NULL},
    {"user @d.de", CERTAIN_PLAIN, NULL},
    {"us\x7f@d.de", CERTAIN_IN_DOMAIN, "d.de"},
    {"us\x1f@d.de", CERTAIN_IN_DOMAIN, "d.de"},
    {"us?r@D.de", CERTAIN_IN_DOMAIN, "D.de"},
    {"us\xc3\xa9r@a@d.de", CERTAIN_IN_DOMAIN, "d.de"},
    {"us\xc3\xa9r", CERTAIN_ANYWHERE, NULL},
    {"us\xc3\xa9r@", CERTAIN_ANYWHERE, NULL},
    {"user@d\xc3\xa9.de", CERTAIN_ANYWHERE, NULL},
    {"user@d?.de", CERTAIN_ANYWHERE, NULL},
    {"us\xc3\xa9r@d\xef\xbc\xa0g", CERTAIN_ANYWHERE, NULL}, /* a full-width '@' */
};

START_TEST(knows_shapes)
{
    struct slice text = slice_of(shapes[_i].text);
    struct slice domain = {"", 0};

    ck_assert_int_eq(certain_shape(one(&text), &domain), shapes[_i].shape);
    if (shapes[_i].domain != NULL)
        ck_assert(slice_equal(domain, slice_of(shapes[_i].domain)));
}
END_TEST

START_TEST(one_exotic_text_makes_the_row_exotic)
{
    struct slice texts[] = {slice_of("a"), slice_of("\xc3\xa9@d.de"), slice_of("a")};
    struct slice domain;

    ck_assert_int_eq(certain_shape((struct certain_texts){texts, 3}, &domain), CERTAIN_ANYWHERE);
    ck_assert_int_eq(certain_shape((struct certain_texts){texts + 1, 2}, &domain),
                     CERTAIN_ANYWHERE);
    ck_assert_int_eq(certain_shape((struct certain_texts){texts, 1}, &domain), CERTAIN_PLAIN);
}
END_TEST

START_TEST(texts_of_several_columns_do_not_run_together)
{
    static const enum collation_kind kinds[] = {COLLATION_CI, COLLATION_EXACT};
    struct slice left[] = {slice_of("Ab"), slice_of("C")};
    struct slice right[] = {slice_of("a"), slice_of("bC")};
    struct buffer a = BUFFER_EMPTY;
    struct buffer b = BUFFER_EMPTY;

    certain_fold((struct certain_texts){left, 2}, kinds, &a);
    certain_fold((struct certain_texts){right, 2}, kinds, &b);
    ck_assert(slice_equal(buffer_slice(&a), (struct slice){"ab\0C", 4}));
    ck_assert(!slice_equal(buffer_slice(&a), buffer_slice(&b)));
    buffer_free(&a);
    buffer_free(&b);
}
END_TEST

START_TEST(each_marker_is_given_once)
{
    struct exotics *exotics = exotics_new(&secret);
    struct buffer marker = BUFFER_EMPTY;
    char text[40];

    for (int i = 0; i < 3000; i++) {
        snprintf(text, sizeof(text), "\xc3\xa9@D%d.de", i / 3);
        buffer_clear(&marker);
        ck_assert_int_eq(exotics_add(exotics, one(&(struct slice){text, strlen(text)}), &marker),
                         i % 3 == 0);
        ck_assert_uint_eq(marker.len, i % 3 == 0 ? strlen(text) - 1 : 0);
    }
    ck_assert(exotics_add(exotics, one(&(struct slice){"", 0}), &marker));
    ck_assert(!exotics_add(exotics, one(&(struct slice){"\xc3\xa9", 2}), &marker));
    ck_assert(!exotics_add(exotics, one(&(struct slice){"a@d0.de", 7}), &marker));
    ck_assert_uint_eq(exotics_count(exotics), 3002);
    buffer_free(&marker);
    exotics_free(exotics);
}
END_TEST

START_TEST(a_key_has_the_marker_of_its_domain)
{
    struct exotics *exotics = exotics_new(&secret);
    struct slice row = slice_of("\xc3\xa9@a@D.de");
    struct slice keys[] = {slice_of("x@d.De"), slice_of("x@a"), slice_of("x"), slice_of("x@")};
    struct buffer stored = BUFFER_EMPTY;
    struct buffer marker = BUFFER_EMPTY;

    ck_assert(exotics_add(exotics, one(&row), &stored));
    ck_assert(exotics_in_domain(one(&keys[0]), &marker));
    ck_assert(slice_equal(buffer_slice(&marker), buffer_slice(&stored)));
    buffer_clear(&marker);
    ck_assert(exotics_in_domain(one(&keys[1]), &marker));
    ck_assert(!slice_equal(buffer_slice(&marker), buffer_slice(&stored)));
    ck_assert(!exotics_in_domain(one(&keys[2]), &marker));
    ck_assert(!exotics_in_domain(one(&keys[3]), &marker));
    ck_assert(!exotics_in_domain((struct certain_texts){keys, 2}, &marker));
    buffer_free(&stored);
    buffer_free(&marker);
    exotics_free(exotics);
}
END_TEST

/* --- a played server ------------------------------------------------------------------------ */

struct server {
    const char *name;
    enum collation_kind kind; /* what the list of collations would say of it */
    bool folds_case, folds_marks, pads;
};

static const struct server servers[] = {
    {"general_ci", COLLATION_CI, true, true, true},
    {"0900_as_ci", COLLATION_CI, true, false, false},
    {"bin", COLLATION_EXACT, false, false, true},
    {"0900_as_cs", COLLATION_EXACT, false, true, false},
    {"turkish_ci", COLLATION_SPLITS, true, true, true}, /* here 'i' and 'I' differ */
};

/* The characters that the texts are made of, and what they come to where marks are ignored. */
static const struct {
    const char *bytes, *plain;
} letters[] = {
    {"a", "a"},
    {"A", "A"},
    {"i", "i"},
    {"I", "I"},
    {"@", "@"},
    {".", "."},
    {"b", "b"},
    {" ", " "},
    {"\xc3\xa1", "a"},        /* a with acute */
    {"\xc3\x84", "A"},        /* A with diaeresis */
    {"\xef\xbd\x82", "b"},    /* full-width b */
    {"\xef\xbc\xa0", "@"},    /* full-width @ */
    {"\xe2\x80\x8b", ""},     /* without width or weight */
    {"\xc3\x9f", "bb"},       /* one letter that is two */
    {"\xd0\x9f", "\xd0\x9f"}, /* one that is like no other */
};

#define LETTERS    ((int)(sizeof(letters) / sizeof(letters[0])))
#define ASCII_ONLY 8

/* What the server makes of a text before it compares bytes. */
static void weigh(const struct server *server, struct slice text, struct buffer *out)
{
    size_t from = out->len;

    for (size_t at = 0; at < text.len;) {
        int i = 0;

        while (strncmp(text.data + at, letters[i].bytes, strlen(letters[i].bytes)) != 0)
            ck_assert_int_lt(++i, LETTERS);
        buffer_add_text(out, server->folds_marks ? letters[i].plain : letters[i].bytes);
        at += strlen(letters[i].bytes);
    }
    for (size_t i = from; i < out->len && server->folds_case; i++)
        if (server->kind != COLLATION_SPLITS || out->data[i] != 'I')
            out->data[i] =
                (char)((unsigned char)out->data[i] < 0x80 ? tolower((unsigned char)out->data[i])
                                                          : out->data[i]);
    while (server->pads && out->len > from && out->data[out->len - 1] == ' ')
        out->len--;
}

static bool says_equal(const struct server *server, struct slice a, struct slice b)
{
    struct buffer weight_a = BUFFER_EMPTY;
    struct buffer weight_b = BUFFER_EMPTY;
    bool is_equal;

    weigh(server, a, &weight_a);
    weigh(server, b, &weight_b);
    is_equal = slice_equal(buffer_slice(&weight_a), buffer_slice(&weight_b));
    buffer_free(&weight_a);
    buffer_free(&weight_b);
    return is_equal;
}

#define ROWS 6

struct table {
    struct buffer row[ROWS];
    size_t count;
    struct buffer marker[ROWS]; /* as a mirror would store them */
    size_t markers;
};

static void make_text(struct buffer *out, int letter_count, int longest)
{
    int len = rand() % (longest + 1);

    while (len-- > 0)
        buffer_add_text(out, letters[rand() % letter_count].bytes);
    if (rand() % 2 == 0)
        buffer_add_text(out, rand() % 2 == 0 ? "@b.a" : "@A");
}

static void make_table(struct table *table)
{
    struct exotics *exotics = exotics_new(&secret);

    *table = (struct table){.count = (size_t)(rand() % (ROWS + 1))};
    for (size_t i = 0; i < table->count; i++) {
        struct slice row;

        make_text(&table->row[i], rand() % 4 == 0 ? LETTERS : ASCII_ONLY, 4);
        row = buffer_slice(&table->row[i]);
        buffer_clear(&table->marker[table->markers]);
        table->markers += exotics_add(exotics, one(&row), &table->marker[table->markers]);
    }
    exotics_free(exotics);
}

static void free_table(struct table *table)
{
    for (size_t i = 0; i < ROWS; i++) {
        buffer_free(&table->row[i]);
        buffer_free(&table->marker[i]);
    }
}

static bool has_marker(const struct table *table, struct slice marker)
{
    for (size_t i = 0; i < table->markers; i++)
        if (slice_equal(buffer_slice(&table->marker[i]), marker))
            return true;
    return false;
}

static bool has_exotic_row(const struct table *table, struct slice key)
{
    struct buffer marker = BUFFER_EMPTY;
    bool has_one =
        exotics_in_domain(one(&key), &marker) && has_marker(table, buffer_slice(&marker));

    buffer_free(&marker);
    return has_one || has_marker(table, exotics_anywhere());
}

static bool folds_to_same(struct slice a, struct slice b, enum collation_kind kind)
{
    struct buffer folded_a = BUFFER_EMPTY;
    struct buffer folded_b = BUFFER_EMPTY;
    bool is_same;

    certain_fold(one(&a), &kind, &folded_a);
    certain_fold(one(&b), &kind, &folded_b);
    is_same = slice_equal(buffer_slice(&folded_a), buffer_slice(&folded_b));
    buffer_free(&folded_a);
    buffer_free(&folded_b);
    return is_same;
}

static bool is_ours(const struct server *server, struct slice key, struct slice row)
{
    struct slice domain;

    return certain_shape(one(&row), &domain) == CERTAIN_PLAIN &&
           folds_to_same(key, row, server->kind);
}

static enum certain judge(const struct server *server, const struct table *table, struct slice key)
{
    struct slice domain;
    struct certain_case known = {.key = certain_shape(one(&key), &domain),
                                 .is_split = server->kind == COLLATION_SPLITS};

    if (known.key == CERTAIN_PLAIN)
        known.has_exotic_row = has_exotic_row(table, key);
    for (size_t i = 0; i < table->count; i++)
        known.has_row |= is_ours(server, key, buffer_slice(&table->row[i]));
    return certain_judge(&known);
}

/* Found: exactly our rows are equal. Not found: none is. */
static void check_verdict(const struct server *server, const struct table *table, struct slice key,
                          enum certain verdict)
{
    for (size_t i = 0; i < table->count; i++) {
        struct slice row = buffer_slice(&table->row[i]);
        bool is_equal = says_equal(server, key, row);

        if (verdict == CERTAIN_NOT_FOUND)
            ck_assert_msg(!is_equal, "%s: \"%s\" = \"%s\" not found", server->name, key.data,
                          row.data);
        if (verdict == CERTAIN_FOUND)
            ck_assert_msg(is_equal == is_ours(server, key, row), "%s: \"%s\" = \"%s\"",
                          server->name, key.data, row.data);
    }
}

#define TABLES 6000

START_TEST(tells_what_the_server_would)
{
    const struct server *server = &servers[_i];
    unsigned verdicts[3] = {0, 0, 0};

    srand(17);
    for (int i = 0; i < TABLES; i++) {
        struct buffer key = BUFFER_EMPTY;
        struct table table;
        enum certain verdict;

        make_table(&table);
        buffer_add_text(&key, "");
        make_text(&key, rand() % 8 == 0 ? LETTERS : ASCII_ONLY, 4);
        verdict = judge(server, &table, buffer_slice(&key));
        check_verdict(server, &table, buffer_slice(&key), verdict);
        verdicts[verdict]++;
        free_table(&table);
        buffer_free(&key);
    }
    ck_assert_uint_gt(verdicts[CERTAIN_NOT_FOUND], TABLES / 10);
    ck_assert_uint_gt(verdicts[CERTAIN_ASK], TABLES / 10);
    if (server->kind == COLLATION_SPLITS)
        ck_assert_uint_eq(verdicts[CERTAIN_FOUND], 0);
    else
        ck_assert_uint_gt(verdicts[CERTAIN_FOUND], TABLES / 200);
}
END_TEST

/* --- collations ----------------------------------------------------------------------------- */

static const struct {
    enum collation_vendor vendor;
    const char *name;
    enum collation_kind kind;
} collations[] = {
    {COLLATION_MARIADB, "utf8mb4_general_ci", COLLATION_CI},
    {COLLATION_MYSQL, "utf8mb4_general_ci", COLLATION_CI},
    {COLLATION_MARIADB, "utf8mb4_uca1400_ai_ci", COLLATION_CI},
    {COLLATION_MYSQL, "utf8mb4_uca1400_ai_ci", COLLATION_UNKNOWN},
    {COLLATION_MYSQL, "utf8mb4_0900_ai_ci", COLLATION_CI},
    {COLLATION_MARIADB, "utf8mb4_bin", COLLATION_EXACT},
    {COLLATION_MYSQL, "utf8mb3_bin", COLLATION_EXACT},
    {COLLATION_MARIADB, "latin1_swedish_ci", COLLATION_CI},
    {COLLATION_MARIADB, "latin1_general_cs", COLLATION_EXACT},
    {COLLATION_MARIADB, "utf8mb4_turkish_ci", COLLATION_SPLITS},
    {COLLATION_MARIADB, "utf8mb4_lithuanian_ci", COLLATION_UNKNOWN},
    {COLLATION_MYSQL, "utf8mb4_roman_ci", COLLATION_UNKNOWN},
    {COLLATION_MARIADB, "utf8mb4_croatian_ci", COLLATION_SPLITS}, /* not the same one */
    {COLLATION_MYSQL, "utf8mb4_croatian_ci", COLLATION_CI},
    {COLLATION_MARIADB, "utf8mb4_hu_0900_ai_ci", COLLATION_CI},
    {COLLATION_MYSQL, "utf8mb4_hu_0900_ai_ci", COLLATION_UNKNOWN},
    {COLLATION_MARIADB, "binary", COLLATION_UNKNOWN},
    {COLLATION_MARIADB, "utf8mb4_", COLLATION_UNKNOWN},
    {COLLATION_MARIADB, "_general_ci", COLLATION_UNKNOWN},
    {COLLATION_MARIADB, "utf8mb4_general", COLLATION_UNKNOWN},
    {COLLATION_MARIADB, "utf8_general_ci", COLLATION_UNKNOWN},
    {COLLATION_MARIADB, "utf8mb4_general_ci_x", COLLATION_UNKNOWN},
    {COLLATION_MARIADB, "ucs2 utf16_general_ci", COLLATION_UNKNOWN},
    {COLLATION_MARIADB, "", COLLATION_UNKNOWN},
};

START_TEST(knows_collations)
{
    ck_assert_int_eq(collation_kind(collations[_i].vendor, slice_of(collations[_i].name)),
                     collations[_i].kind);
}
END_TEST

#define COUNT_OF(list) ((int)(sizeof(list) / sizeof((list)[0])))

static Suite *suite(void)
{
    Suite *s = suite_create("certain");
    TCase *tc = tcase_create("certain");

    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, knows_shapes, 0, COUNT_OF(shapes));
    tcase_add_test(tc, one_exotic_text_makes_the_row_exotic);
    tcase_add_test(tc, texts_of_several_columns_do_not_run_together);
    tcase_add_test(tc, each_marker_is_given_once);
    tcase_add_test(tc, a_key_has_the_marker_of_its_domain);
    tcase_add_loop_test(tc, tells_what_the_server_would, 0, COUNT_OF(servers));
    tcase_add_loop_test(tc, knows_collations, 0, COUNT_OF(collations));
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
