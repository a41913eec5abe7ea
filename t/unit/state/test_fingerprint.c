/* What a state file knows a table by: the same in every release, another for another definition. */
#include "state.h"

#include "config.h"
#include "unit.h"

static struct config *parse(const char *text)
{
    struct buffer error = BUFFER_EMPTY;
    struct config *config = config_parse("c", slice_of(text), &error);

    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
    return config;
}

static void expect_fingerprint(const struct table_def *def, uint64_t low, uint64_t high)
{
    uint64_t fingerprint[2];

    state_fingerprint(def, fingerprint);
    ck_assert_uint_eq(fingerprint[0], low);
    ck_assert_uint_eq(fingerprint[1], high);
}

/* Another number here means that no state file of an earlier release is of use. */
START_TEST(is_the_same_in_every_release)
{
    struct config *config =
        parse("[map m]\ndbname = d\nuser = u\npassword = p\nhosts = a b:1\noption_file = /o\n"
              "query = SELECT '%s'\nexpansion_limit = 258\n"
              "[map n]\ndbname = d\nquery = SELECT '%s'\nrequire_result_set = no\n"
              "domain = e.org\n");

    expect_fingerprint(config->tables[0], 0x38640375ef816439, 0x7e3901a0816daa13);
    expect_fingerprint(config->tables[1], 0x7985e5dde2356c89, 0xf6dcace0953b6e7b);
    config_unref(config);
}
END_TEST

/* Neither the name nor the text of two parameters runs into the next. */
START_TEST(tells_definitions_apart)
{
    static const char *const texts[] = {
        "[map m]\nquery = SELECT '%s'\ndbname = d\n",
        "[map n]\nquery = SELECT '%s'\ndbname = d\n",
        "[map m]\nquery = SELECT '%s'\ndbname = d\nuser = u\n",
        "[map m]\nquery = SELECT '%s'\ndbname = ud\n",
        "[map m]\nquery = SELECT '%s'\ndbname = d\noption_file = client\noption_group =\n",
        "[map m]\nquery = SELECT '%s'\ndbname = d\nhosts = localhost localhost\n",
    };
    uint64_t seen[sizeof(texts) / sizeof(texts[0])][2];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct config *config = parse(texts[i]);

        state_fingerprint(config->tables[0], seen[i]);
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(memcmp(seen[i], seen[j], sizeof(seen[i])) != 0, "%s looks like %s",
                          texts[i], texts[j]);
        config_unref(config);
    }
}
END_TEST

/* Of a definition's own, as its members are. */
#define TEXT(literal) ((char[]){literal})

static struct db_host hosts[2] = {{.text = TEXT("one")}, {.text = TEXT("two")}};
static const struct table_def definition = {.name = TEXT("aliases"),
                                            .db = {.hosts = hosts,
                                                   .host_count = 2,
                                                   .user = TEXT("u"),
                                                   .dbname = TEXT("d"),
                                                   .charset = TEXT("utf8mb4"),
                                                   .option_group = TEXT("client")},
                                            .query = TEXT("SELECT x"),
                                            .result_format = TEXT("%s"),
                                            .domain = TEXT("")};

START_TEST(is_of_what_matters)
{
    struct table_def defs[20];
    size_t count = 0;
    uint64_t fingerprint[20][2], same[2];

    for (size_t i = 0; i < 20; i++)
        defs[i] = definition;
    count++; /* the first stays as it is */
    defs[count++].name = TEXT("other");
    defs[count++].db.host_count = 1;
    defs[count++].db.user = TEXT("v");
    defs[count++].db.dbname = TEXT("e");
    defs[count++].db.charset = TEXT("latin1");
    defs[count++].db.charset = NULL;
    defs[count++].db.option_file = TEXT("/etc/my.cnf");
    defs[count++].db.option_group = TEXT("");
    defs[count++].query = TEXT("SELECT y");
    defs[count++].result_format = TEXT("%u");
    defs[count++].domain = TEXT("example.com");
    defs[count++].rules.expansion_limit = 1;
    defs[count++].rules.require_result_set = true;
    defs[count].query = TEXT("SELECT x%s");
    defs[count++].result_format = TEXT("");
    for (size_t i = 0; i < count; i++) {
        ck_assert(i < 2 || !table_def_equal(&defs[i], &defs[0]));
        state_fingerprint(&defs[i], fingerprint[i]);
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(memcmp(fingerprint[i], fingerprint[j], 16) != 0, "%zu and %zu", i, j);
    }
    defs[0].ttl_ms = 77; /* of no matter: lifetimes are those of the asking */
    defs[0].origin = TEXT("elsewhere");
    defs[0].db.pool_size = 9;
    ck_assert(table_def_equal(&defs[0], &definition));
    state_fingerprint(&defs[0], same);
    ck_assert_mem_eq(same, fingerprint[0], sizeof(same));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fingerprint");
    TCase *t = tcase_create("fingerprint");

    tcase_add_test(t, is_the_same_in_every_release);
    tcase_add_test(t, tells_definitions_apart);
    tcase_add_test(t, is_of_what_matters);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
