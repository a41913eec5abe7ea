/*
 * parameters - see the header. One row for each parameter whose lookups were read in Postfix's
 * source (3.7 to 3.11); tables that are asked without case folding (header_checks and the like), by
 * network blocks (mynetworks), or for something else than their value (tls_server_sni_maps) have none.
 */
#include "parameters.h"

#include <string.h>

#define MAPS(name, search)                                                                         \
    {                                                                                              \
        name, PARAMETER_MAPS, search, NULL, NULL                                                   \
    }
#define REWRITES(name, propagation)                                                                \
    {                                                                                              \
        name, PARAMETER_MAPS, SEARCH_ALIAS, propagation, NULL                                      \
    }
#define LIST(name)                                                                                 \
    {                                                                                              \
        name, PARAMETER_LIST, SEARCH_EXACT, NULL, NULL                                             \
    }
#define OTHER(name, kind)                                                                          \
    {                                                                                              \
        name, kind, SEARCH_EXACT, NULL, NULL                                                       \
    }

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
    {"address_verify_transport_maps", PARAMETER_MAPS, SEARCH_DOMAIN, NULL, "transport_maps"},
    {"transport_maps", PARAMETER_MAPS, SEARCH_DOMAIN, NULL, "transport_maps"},

    /* One key, or keys that Postfix derives itself for every type of table. */
    MAPS("fallback_transport_maps", SEARCH_EXACT),
    MAPS("lmtp_sasl_password_maps", SEARCH_EXACT),
    MAPS("lmtp_tls_policy_maps", SEARCH_EXACT),
    MAPS("local_login_sender_maps", SEARCH_EXACT),
    MAPS("mailbox_transport_maps", SEARCH_EXACT),
    MAPS("rbl_reply_maps", SEARCH_EXACT),
    MAPS("smtp_tls_policy_maps", SEARCH_EXACT),
    MAPS("smtpd_discard_ehlo_keyword_address_maps", SEARCH_EXACT),
    MAPS("smtpd_milter_maps", SEARCH_EXACT),

    /* Is it in the list? string_list(3); domain_list(3), which asks for parent domains, too. */
    LIST("virtual_mailbox_domains"),
    LIST("virtual_alias_domains"),
    LIST("mydestination"),
    {"fast_flush_domains", PARAMETER_LIST, SEARCH_DOMAIN, NULL, "fast_flush_domains"},
    {"relay_domains", PARAMETER_LIST, SEARCH_DOMAIN, NULL, "relay_domains"},

    OTHER("virtual_gid_maps", PARAMETER_BY_VIRTUAL),
    OTHER("virtual_mailbox_limit_maps", PARAMETER_BY_VIRTUAL), /* quotas, in patched Postfix only */
    OTHER("virtual_uid_maps", PARAMETER_BY_VIRTUAL),
    OTHER("alias_maps", PARAMETER_BY_LOCAL),
    OTHER("mailbox_command_maps", PARAMETER_BY_LOCAL),

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

const struct parameter *parameters_find(const char *name)
{
    static const struct parameter unknown = OTHER("", PARAMETER_UNKNOWN);

    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
        if (strcmp(parameters[i].name, name) == 0)
            return &parameters[i];
    return &unknown;
}

bool parameters_partial(const struct parameter *parameter)
{
    return parameter->kind == PARAMETER_MAPS && parameter->search != SEARCH_EXACT;
}
