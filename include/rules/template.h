/*
 * template - the %-templates of mysql_table(5), query and result_format, as db_common(3) of Postfix
 * expands them. Pure. A pair of templates is compiled together, because each constrains the other's
 * keys (a %d in result_format needs a domain in the value, a %D one in the key).
 */
#ifndef VMAPD_RULES_TEMPLATE_H
#define VMAPD_RULES_TEMPLATE_H

#include <stdbool.h>

#include "buffer.h"

struct template;

/* Appends the text escaped for the place where it stands; arg is the caller's. */
typedef void template_quote(void *arg, struct slice text, struct buffer *out);

/*
 * Compile both. On an invalid expansion returns NULL and appends a message without file and line
 * ("query: invalid expansion '%x', expected one of ..."). Texts are copied.
 */
struct template *template_new(const char *query, const char *result_format, struct buffer *error);
void template_free(struct template *template);

/* False: the key cannot fill the query; it is "not found" without a query (no warning needed). */
bool template_key_fits(const struct template *template, struct slice key);

/*
 * Append the query with each expansion passed through quote. Only for a key that fits. quote NULL:
 * verbatim (for messages).
 */
void template_query(const struct template *template, struct slice key, template_quote *quote,
                    void *arg, struct buffer *out);

/*
 * Append result_format expanded for one column's value, with ',' before it if out is not empty.
 * False: this value is skipped (cannot fill the template). value is not empty.
 */
bool template_result(const struct template *template, struct slice key, struct slice value,
                     struct buffer *out);

/* Whether the result depends on more of the key than its row: result_format has %S, %U, %D or a label. */
bool template_result_uses_key(const struct template *template);

/* Whether the query has any expansion at all (a query without one ignores its key: worth a warning). */
bool template_is_dynamic(const struct template *template);

#endif
