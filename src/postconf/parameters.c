/*
 * parameters - see the header. One row for each parameter whose lookups were read in Postfix's
 * source (3.7 to 3.11); tables that are asked without case folding (header_checks and the like), or for
 * something else than their value (tls_server_sni_maps) have none.
 */
#include "parameters.h"

#include <string.h>
#include <strings.h>

#define MAPS(name, search)                                                                         \
    {                                                                                              \
        name, PARAMETER_MAPS, search, NULL, NULL, NULL                                             \
    }
#define REWRITES(name, propagation)                                                                \
    {                                                                                              \
        name, PARAMETER_MAPS, SEARCH_ALIAS, propagation, NULL, NULL                                \
    }
#define LIST(name)                                                                                 \
    {                                                                                              \
        name, PARAMETER_LIST, SEARCH_EXACT, NULL, NULL, NULL                                       \
    }
#define HOSTS(name, inherits)                                                                      \
    {                                                                                              \
        name, PARAMETER_LIST, SEARCH_NAME, NULL, name, inherits                                    \
    }
#define OTHER(name, kind)                                                                          \
    {                                                                                              \
        name, kind, SEARCH_EXACT, NULL, NULL, NULL                                                 \
    }

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct parameter parameters[] = {
    /* Result addresses that replace the address, with its extension: mail_addr_map(3). */
    REWRITES("virtual_alias_maps", "virtual"),
    REWRITES("virtual_maps", "virtual"),
    REWRITES("canonical_maps", "canonical"),
    REWRITES("recipient_canonical_maps", "canonical"),
    REWRITES("sender_canonical_maps", "canonical"),
    REWRITES("lmtp_generic_maps", "generic"),
    REWRITES("smtp_generic_maps", "generic"),

    /* Addresses: mail_addr_find(3) with its default strategy. */
    MAPS("virtual_mailbox_maps", SEARCH_ADDRESS),
    MAPS("address_verify_sender_dependent_default_transport_maps", SEARCH_ADDRESS),
    MAPS("address_verify_sender_dependent_relayhost_maps", SEARCH_ADDRESS),
    MAPS("local_recipient_maps", SEARCH_ADDRESS),
    MAPS("recipient_bcc_maps", SEARCH_ADDRESS),
    MAPS("relay_recipient_maps", SEARCH_ADDRESS),
    MAPS("relocated_maps", SEARCH_ADDRESS),
    MAPS("sender_bcc_maps", SEARCH_ADDRESS),
    MAPS("sender_dependent_default_transport_maps", SEARCH_ADDRESS),
    MAPS("sender_dependent_relayhost_maps", SEARCH_ADDRESS),
    MAPS("smtp_sasl_password_maps", SEARCH_ADDRESS), /* and for host names, which have no parts */
    MAPS("smtpd_sender_login_maps", SEARCH_ADDRESS),

    /* Addresses, then domains and their parents: transport_lookup(). */
    {"address_verify_transport_maps", PARAMETER_MAPS, SEARCH_DOMAIN, NULL, "transport_maps", NULL},
    {"transport_maps", PARAMETER_MAPS, SEARCH_DOMAIN, NULL, "transport_maps", NULL},

    /* One key, or keys that Postfix derives itself for every type of table. */
    MAPS("fallback_transport_maps", SEARCH_EXACT),
    MAPS("lmtp_sasl_password_maps", SEARCH_EXACT),
    MAPS("lmtp_tls_policy_maps", SEARCH_EXACT),
    MAPS("mailbox_transport_maps", SEARCH_EXACT),
    MAPS("rbl_reply_maps", SEARCH_EXACT),
    MAPS("smtp_tls_policy_maps", SEARCH_EXACT),
    MAPS("smtpd_discard_ehlo_keyword_address_maps", SEARCH_EXACT),
    MAPS("smtpd_milter_maps", SEARCH_EXACT),

    /* Is it in the list? string_list(3); domain_list(3), which asks for parent domains, too. */
    LIST("virtual_mailbox_domains"),
    LIST("virtual_alias_domains"),
    LIST("mydestination"),
    {"fast_flush_domains", PARAMETER_LIST, SEARCH_DOMAIN, NULL, "fast_flush_domains",
     "relay_domains"},
    {"relay_domains", PARAMETER_LIST, SEARCH_DOMAIN, NULL, "relay_domains", "mydestination"},

    /* Is the client in the list? namadr_list(3): names with their parents, and whole addresses. */
    HOSTS("mynetworks", NULL),
    HOSTS("authorized_verp_clients", "mynetworks"),
    HOSTS("smtpd_authorized_verp_clients", "authorized_verp_clients"),
    HOSTS("smtpd_client_event_limit_exceptions", "mynetworks"),
    HOSTS("permit_mx_backup_networks", NULL),
    HOSTS("qmqpd_authorized_clients", NULL),
    HOSTS("smtpd_authorized_xclient_hosts", NULL),
    HOSTS("smtpd_authorized_xforward_hosts", NULL),
    HOSTS("smtpd_sasl_exceptions_networks", NULL),
    HOSTS("debug_peer_list", NULL),

    OTHER("virtual_gid_maps", PARAMETER_BY_VIRTUAL),
    OTHER("virtual_mailbox_limit_maps", PARAMETER_BY_VIRTUAL), /* quotas, in patched Postfix only */
    OTHER("virtual_uid_maps", PARAMETER_BY_VIRTUAL),
    OTHER("alias_maps", PARAMETER_BY_LOCAL),
    OTHER("mailbox_command_maps", PARAMETER_BY_LOCAL),

    OTHER("local_login_sender_maps", PARAMETER_BY_USERS),

    OTHER("smtpd_client_restrictions", PARAMETER_RESTRICTIONS),
    OTHER("smtpd_data_restrictions", PARAMETER_RESTRICTIONS),
    OTHER("smtpd_end_of_data_restrictions", PARAMETER_RESTRICTIONS),
    OTHER("smtpd_etrn_restrictions", PARAMETER_RESTRICTIONS),
    OTHER("smtpd_helo_restrictions", PARAMETER_RESTRICTIONS),
    OTHER("smtpd_recipient_restrictions", PARAMETER_RESTRICTIONS),
    OTHER("smtpd_relay_restrictions", PARAMETER_RESTRICTIONS),
    OTHER("smtpd_sender_restrictions", PARAMETER_RESTRICTIONS),

    OTHER("proxy_read_maps", PARAMETER_NOTHING),
};

const struct parameter *parameters_at(size_t index)
{
    return index < COUNT(parameters) ? &parameters[index] : NULL;
}

const struct parameter *parameters_find(const char *name)
{
    static const struct parameter unknown = OTHER("", PARAMETER_UNKNOWN);

    for (size_t i = 0; i < COUNT(parameters); i++)
        if (strcmp(parameters[i].name, name) == 0)
            return &parameters[i];
    return &unknown;
}

bool parameters_partial(const struct parameter *parameter)
{
    return parameter->kind == PARAMETER_MAPS && parameter->search != SEARCH_EXACT;
}

bool parameters_refuse(const struct parameter *parameter)
{
    static const char *const others[] = {"recipient_bcc_maps", "sender_bcc_maps",
                                         "sender_dependent_default_transport_maps",
                                         "sender_dependent_relayhost_maps", "transport_maps"};

    for (size_t i = 0; i < COUNT(others); i++)
        if (strcmp(parameter->name, others[i]) == 0)
            return false;
    return true;
}

/* --- restrictions --------------------------------------------------------------------------- */

/* smtpd_check.c: which of its functions each restriction calls. */
static const struct {
    const char *word;
    enum search search;
} restrictions[] = {
    {"check_recipient_access", SEARCH_ACCESS},
    {"check_sender_access", SEARCH_ACCESS},

    {"check_etrn_access", SEARCH_NAME},
    {"check_helo_access", SEARCH_NAME},

    {"check_client_access", SEARCH_CLIENT},
    {"check_client_a_access", SEARCH_CLIENT},
    {"check_client_mx_access", SEARCH_CLIENT},
    {"check_client_ns_access", SEARCH_CLIENT},
    {"check_helo_a_access", SEARCH_CLIENT},
    {"check_helo_mx_access", SEARCH_CLIENT},
    {"check_helo_ns_access", SEARCH_CLIENT},
    {"check_recipient_a_access", SEARCH_CLIENT},
    {"check_recipient_mx_access", SEARCH_CLIENT},
    {"check_recipient_ns_access", SEARCH_CLIENT},
    {"check_reverse_client_hostname_a_access", SEARCH_CLIENT},
    {"check_reverse_client_hostname_access", SEARCH_CLIENT},
    {"check_reverse_client_hostname_mx_access", SEARCH_CLIENT},
    {"check_reverse_client_hostname_ns_access", SEARCH_CLIENT},
    {"check_sender_a_access", SEARCH_CLIENT},
    {"check_sender_mx_access", SEARCH_CLIENT},
    {"check_sender_ns_access", SEARCH_CLIENT},

    {"check_ccert_access", SEARCH_EXACT},
    {"check_sasl_access", SEARCH_EXACT},
};

bool parameters_restriction(struct slice word, enum search *search)
{
    for (size_t i = 0; i < COUNT(restrictions); i++)
        if (strlen(restrictions[i].word) == word.len &&
            strncasecmp(restrictions[i].word, word.data, word.len) == 0) {
            *search = restrictions[i].search;
            return true;
        }
    return false;
}

const char *parameters_bare_restriction(const char *parameter)
{
    static const char *const bare[][2] = {
        {"smtpd_client_restrictions", "check_client_access"},
        {"smtpd_etrn_restrictions", "check_etrn_access"},
        {"smtpd_helo_restrictions", "check_helo_access"},
        {"smtpd_recipient_restrictions", "check_recipient_access"},
        {"smtpd_relay_restrictions", "check_recipient_access"},
        {"smtpd_sender_restrictions", "check_sender_access"},
    };

    for (size_t i = 0; i < COUNT(bare); i++)
        if (strcmp(bare[i][0], parameter) == 0)
            return bare[i][1];
    return NULL;
}

/* --- who asks ------------------------------------------------------------------------------- */

bool parameters_read_by(const struct parameter *parameter, const char *program)
{
    static const struct {
        const char *program;
        const char *names[14];
    } readers[] = {
        {"cleanup",
         {"virtual_alias_maps", "virtual_maps", "canonical_maps", "recipient_canonical_maps",
          "sender_canonical_maps", "recipient_bcc_maps", "sender_bcc_maps", NULL}},
        {"smtpd",
         {"virtual_alias_maps", "virtual_maps", "canonical_maps", "recipient_canonical_maps",
          "sender_canonical_maps", "virtual_mailbox_maps", "local_recipient_maps",
          "relay_recipient_maps", "smtpd_sender_login_maps", NULL}},
        {"trivial-rewrite",
         {"transport_maps", "address_verify_transport_maps", "relocated_maps",
          "sender_dependent_default_transport_maps", "sender_dependent_relayhost_maps",
          "address_verify_sender_dependent_default_transport_maps",
          "address_verify_sender_dependent_relayhost_maps", "relay_domains", NULL}},
        {"smtp", {"smtp_generic_maps", "smtp_sasl_password_maps", NULL}},
        {"lmtp", {"lmtp_generic_maps", NULL}},
    };

    if (strcmp(program, "smtpd") == 0 &&
        (parameter->kind == PARAMETER_RESTRICTIONS || parameter->search == SEARCH_NAME))
        return true;
    for (size_t i = 0; i < COUNT(readers); i++)
        for (size_t n = 0; strcmp(readers[i].program, program) == 0 && readers[i].names[n] != NULL;
             n++)
            if (strcmp(readers[i].names[n], parameter->name) == 0)
                return true;
    return false;
}

/* --- what decides about a search ------------------------------------------------------------- */

static const struct {
    const char *parameter;
    bool concerns[SEARCH_NAME + 1];
} search_settings[] = {
    {"recipient_delimiter",
     {[SEARCH_ADDRESS] = true,
      [SEARCH_ALIAS] = true,
      [SEARCH_DOMAIN] = true,
      [SEARCH_ACCESS] = true}},
    {"mydestination", {[SEARCH_ADDRESS] = true, [SEARCH_ALIAS] = true}},
    {"myorigin", {[SEARCH_ADDRESS] = true, [SEARCH_ALIAS] = true}},
    {"propagate_unmatched_extensions", {[SEARCH_ALIAS] = true}},
    {"parent_domain_matches_subdomains",
     {[SEARCH_DOMAIN] = true,
      [SEARCH_ACCESS] = true,
      [SEARCH_CLIENT] = true,
      [SEARCH_NAME] = true}},
};

bool parameters_concern_search(const char *parameter, enum search search)
{
    for (size_t i = 0; i < COUNT(search_settings); i++)
        if (strcmp(search_settings[i].parameter, parameter) == 0)
            return search_settings[i].concerns[search];
    return false;
}
