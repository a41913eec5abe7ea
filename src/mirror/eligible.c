/* eligible - see the header. */
#include "eligible.h"

#include <strings.h>

static bool turn(const struct table_def *def, struct turned *turned, struct buffer *reason)
{
    if (def->mirror_query != NULL)
        return turn_given(def->query, def->mirror_query, turned, reason);
    return turn_query(def->query, turned, reason);
}

bool eligible_check(const struct table_def *def, struct turned *turned, struct buffer *reason)
{
    *turned = (struct turned){.keys = 0};
    if (!def->cache)
        buffer_add_text(reason, "it has cache = no");
    else if (strcasecmp(def->db.charset, "utf8mb4") != 0)
        buffer_add_text(reason, "its charset is not utf8mb4"); /* others lose characters */
    else if (!turn(def, turned, reason))
        return false;
    else if (!turned->is_key && template_result_uses_key(def->rules.template))
        buffer_add_text(reason, "result_format takes parts of the key");
    else
        return true;
    return false;
}
