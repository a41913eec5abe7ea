/* What a server's answers say about whether its data may have changed. */
#include "epoch.h"

#include "unit.h"

/* Answers as "name=value name=value". */
static void take(const char *answers, void (*one)(void *, struct slice, struct slice), void *arg)
{
    while (*answers != '\0') {
        size_t len = strcspn(answers, " ");
        size_t name = strcspn(answers, "=");

        one(arg, (struct slice){answers, name}, (struct slice){answers + name + 1, len - name - 1});
        answers += len + (answers[len] == ' ');
    }
}

static void take_version(void *arg, struct slice name, struct slice value)
{
    epoch_take(arg, name, value);
}

static void take_server(void *arg, struct slice name, struct slice value)
{
    epoch_server_take(arg, name, value);
}

#define BINLOG "Binlog_snapshot_file=b.01 Binlog_snapshot_position=77 Innodb_max_trx_id=9 "
#define NO_LOG "Binlog_snapshot_file= Binlog_snapshot_position=0 Innodb_max_trx_id=9 "
#define ALONE  "Slave_running=OFF log_bin=1 wsrep_on=0 read_only=0 gtid_slave_pos="

static const struct {
    const char *answers;
    bool is_sound;
} versions[] = {
    {BINLOG ALONE, true},
    {BINLOG "Slave_running=ON log_bin=1 wsrep_on=0 read_only=1 gtid_slave_pos=0-1-5", true},
    {"Binlog_snapshot_file=b.01 " ALONE, false},
    {BINLOG, false},
    {BINLOG "Slave_running=OFF log_bin=1 wsrep_on=0 read_only=0", false},
    /* As Debian ships it. */
    {NO_LOG "Slave_running=OFF log_bin=0 wsrep_on=0 read_only=0 gtid_slave_pos=", false},
    /* A replica without a log of its own, one that was one, one where others may write. */
    {NO_LOG "Slave_running=ON log_bin=0 wsrep_on=0 read_only=1 gtid_slave_pos=0-1-5", true},
    {NO_LOG "Slave_running=OFF log_bin=0 wsrep_on=0 read_only=1 gtid_slave_pos=0-1-5", false},
    {NO_LOG "Slave_running=ON log_bin=0 wsrep_on=0 read_only=0 gtid_slave_pos=0-1-5", false},
    {NO_LOG "Slave_running=ON log_bin=0 wsrep_on=0 read_only=1 gtid_slave_pos=", false},
    /* Galera. */
    {NO_LOG "wsrep_last_committed=12 log_bin=0 wsrep_on=1 read_only=0 gtid_slave_pos=", true},
    {NO_LOG "log_bin=0 wsrep_on=1 read_only=0 gtid_slave_pos=", false},
    {NO_LOG "wsrep_last_committed=12 log_bin=0 wsrep_on=0 read_only=0 gtid_slave_pos=", false},
    /* MySQL. */
    {"gtid_mode=ON gtid_executed=a:1-5", true},
    {"gtid_mode=ON gtid_executed=", true},
    {"gtid_mode=ON", false},
    {"gtid_mode=OFF gtid_executed=a:1-5", false},
    {"gtid_mode=ON_PERMISSIVE gtid_executed=a:1-5", false},
    {"", false},
};

START_TEST(knows_what_proves_something)
{
    struct epoch epoch = {.has_binlog = false};

    take(versions[_i].answers, take_version, &epoch);
    ck_assert_msg(epoch_is_sound(&epoch) == versions[_i].is_sound, "%s", versions[_i].answers);
    epoch_clear(&epoch);
}
END_TEST

START_TEST(anything_else_is_different)
{
    struct epoch first = {.has_binlog = false};
    struct epoch second = {.has_binlog = false};

    take(BINLOG ALONE, take_version, &first);
    take(BINLOG ALONE, take_version, &second);
    ck_assert(epoch_equal(&first, &second));
    epoch_clear(&second);
    take("Binlog_snapshot_file=b.01 Binlog_snapshot_position=7 Innodb_max_trx_id=9 " ALONE,
         take_version, &second);
    ck_assert(!epoch_equal(&first, &second));
    epoch_clear(&second);
    take("Binlog_snapshot_file=b.01 Binlog_snapshot_position=77 Innodb_max_trx_id=8 " ALONE,
         take_version, &second);
    ck_assert(!epoch_equal(&first, &second));
    epoch_clear(&second);
    ck_assert(!epoch_equal(&first, &second));
    epoch_clear(&first);
}
END_TEST

static const struct {
    const char *answers;
    enum collation_vendor vendor;
    bool is_asked;
} servers[] = {
    {"version=10.11.19-MariaDB-0+deb12u1 version_comment=Debian connection=5", COLLATION_MARIADB,
     true},
    {"version=8.4.2 version_comment=MySQL connection=5", COLLATION_MYSQL, true},
    {"version=8.4.2 version_comment=(ProxySQL) connection=5", COLLATION_MYSQL, false},
    {"version=8.4.2 version_comment=x connection=5 aurora_version=3.1", COLLATION_MYSQL, false},
    {"version=8.4.2 version_comment=x connection=5 group_replication_group_name=g", COLLATION_MYSQL,
     false},
    {"version=8.4.2 version_comment=x connection=5 group_replication_group_name=", COLLATION_MYSQL,
     true},
};

START_TEST(knows_servers)
{
    struct epoch_server server = {.connection = 0};

    take(servers[_i].answers, take_server, &server);
    ck_assert_int_eq(epoch_vendor(&server), servers[_i].vendor);
    ck_assert_int_eq(epoch_questions(&server)[0] != NULL, servers[_i].is_asked);
    ck_assert_uint_eq(server.connection, 5);
}
END_TEST

#define COUNT_OF(list) ((int)(sizeof(list) / sizeof((list)[0])))

static Suite *suite(void)
{
    Suite *s = suite_create("epoch");
    TCase *tc = tcase_create("epoch");

    tcase_add_loop_test(tc, knows_what_proves_something, 0, COUNT_OF(versions));
    tcase_add_test(tc, anything_else_is_different);
    tcase_add_loop_test(tc, knows_servers, 0, COUNT_OF(servers));
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
