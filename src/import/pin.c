/* pin - keep what stays as it is while others change; see the header. */
#include "pin.h"

#include <stdlib.h>
#include <string.h>

#include "table_list.h"
#include "xmalloc.h"

static bool is_planned(const struct import_plan *plan, const struct postconf_setting *setting)
{
    for (size_t i = 0; i < plan->change_count; i++)
        if (strcmp(plan->change[i].service, setting->service) == 0 &&
            strcmp(plan->change[i].parameter, setting->name) == 0)
            return true;
    return false;
}

static bool is_staying(const struct import_plan *plan, const struct postconf_setting *setting)
{
    char *what = xasprintf("%s%s%s", setting->service, setting->service[0] != '\0' ? "/" : "",
                           setting->name);
    bool found = false;

    for (size_t i = 0; i < plan->stay_count; i++)
        found = found || strcmp(plan->stay[i].what, what) == 0;
    free(what);
    return found;
}

/* Values refer to values that refer to values; Postfix has no deeper limit of its own that matters. */
#define DEPTH_MAX 10

static bool is_changed(const struct import_plan *plan, const char *service, const char *name)
{
    for (size_t i = 0; i < plan->change_count; i++)
        if (strcmp(plan->change[i].parameter, name) == 0 &&
            (plan->change[i].service[0] == '\0' || strcmp(plan->change[i].service, service) == 0))
            return true;
    return false;
}

/* Whether a value takes something, by $name or by way of others, from a parameter that changes. */
static bool takes_from_changed(const struct import_plan *plan, const char *service,
                               const char *value, unsigned depth)
{
    static const char of_names[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    for (const char *at = strchr(value, '$'); at != NULL; at = strchr(at, '$')) {
        const struct postconf_setting *other;
        char *name;
        bool found;

        at += strspn(at, "${(");
        name = xstrndup(at, strspn(at, of_names));
        other = postconf_find(plan->postconf, "", name);
        found = is_changed(plan, service, name) ||
                (other != NULL && depth < DEPTH_MAX &&
                 takes_from_changed(plan, service, other->written, depth + 1));
        free(name);
        if (found)
            return true;
    }
    return false;
}

void import_pin_references(struct import_plan *plan)
{
    if (plan->change_count == 0)
        return;
    for (size_t i = 0; i < postconf_count(plan->postconf); i++) {
        const struct postconf_setting *setting = postconf_setting(plan->postconf, i);

        if (is_staying(plan, setting) && !is_planned(plan, setting) &&
            takes_from_changed(plan, setting->service, setting->written, 0))
            import_plan_add_change(plan, setting, setting->expanded);
    }
}

/* Append the proxy: tables of a setting that proxy_read_maps allows, but not in so many words. */
static void add_proxied(const struct postconf_setting *allowed,
                        const struct postconf_setting *setting, struct buffer *added)
{
    struct slice rest = slice_of(setting->expanded);
    struct list_member member;

    while (table_list_next(&rest, &member)) {
        char *text = xstrndup(member.text.data, member.text.len);

        if (member.proxied && list_member_is_mysql(&member) &&
            table_list_has(allowed->expanded, text) && !table_list_has(allowed->written, text) &&
            !table_list_has(buffer_text(added), text))
            buffer_printf(added, " %s", text);
        free(text);
    }
}

void import_pin_proxied(struct import_plan *plan)
{
    const struct postconf_setting *allowed = NULL;
    struct buffer after = BUFFER_EMPTY;

    for (size_t i = 0; i < postconf_count(plan->postconf); i++) {
        const struct postconf_setting *setting = postconf_setting(plan->postconf, i);

        if (setting->service[0] == '\0' && strcmp(setting->name, "proxy_read_maps") == 0)
            allowed = setting;
    }
    if (allowed == NULL || plan->change_count == 0)
        return;
    for (size_t i = 0; i < postconf_count(plan->postconf); i++)
        if (is_staying(plan, postconf_setting(plan->postconf, i)))
            add_proxied(allowed, postconf_setting(plan->postconf, i), &after);
    if (after.len > 0) {
        char *value = xasprintf("%s%s", allowed->written, buffer_text(&after));

        import_plan_add_change(plan, allowed, value);
        free(value);
    }
    buffer_free(&after);
}
