/* compare - what stays the same across a reload; see config.h. */
#include "config.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_hosts(const struct db_params *a, const struct db_params *b)
{
    if (a->host_count != b->host_count)
        return false;
    for (size_t i = 0; i < a->host_count; i++)
        if (!same_text(a->hosts[i].text, b->hosts[i].text))
            return false;
    return true;
}

/* Whose data a connection sees, and in which character set. */
static bool same_database(const struct db_params *a, const struct db_params *b)
{
    return same_hosts(a, b) && same_text(a->user, b->user) && same_text(a->dbname, b->dbname) &&
           same_text(a->charset, b->charset) && same_text(a->option_file, b->option_file) &&
           same_text(a->option_group, b->option_group);
}

static bool same_tls(const struct db_params *a, const struct db_params *b)
{
    return same_text(a->tls_ca_file, b->tls_ca_file) && same_text(a->tls_ca_path, b->tls_ca_path) &&
           same_text(a->tls_cert_file, b->tls_cert_file) &&
           same_text(a->tls_key_file, b->tls_key_file) &&
           same_text(a->tls_ciphers, b->tls_ciphers) && a->tls_verify_cert == b->tls_verify_cert;
}

bool db_params_equal(const struct db_params *a, const struct db_params *b)
{
    return same_database(a, b) && same_text(a->password, b->password) && same_tls(a, b) &&
           a->idle_interval_ms == b->idle_interval_ms &&
           a->retry_interval_ms == b->retry_interval_ms &&
           a->connect_timeout_ms == b->connect_timeout_ms &&
           a->query_timeout_ms == b->query_timeout_ms && a->pool_size == b->pool_size &&
           a->queue_size == b->queue_size;
}

bool table_def_equal(const struct table_def *a, const struct table_def *b)
{
    return same_database(&a->db, &b->db) && same_text(a->query, b->query) &&
           same_text(a->result_format, b->result_format) && same_text(a->domain, b->domain) &&
           a->rules.expansion_limit == b->rules.expansion_limit &&
           a->rules.require_result_set == b->rules.require_result_set;
}
