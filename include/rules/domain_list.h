/*
 * domain_list - mysql_table(5) "domain": a match list of domain names, as Postfix's
 * string_list_init(3) reads it. Names match whole and in any case, never a parent domain.
 */
#ifndef VMAPD_RULES_DOMAIN_LIST_H
#define VMAPD_RULES_DOMAIN_LIST_H

#include <stdbool.h>

#include "buffer.h"

struct domain_list;

/*
 * Parse "name, !name, /file/name ..."; files are read now. In a file, names are separated as here,
 * '#' begins a line that is a comment, and "/file" stands for that file's names. The first name that
 * matches decides; '!' before a name or a file turns the answer round. NULL and a message on a file
 * that cannot be read, a "type:table" member (the message says what to write instead), '!' without a
 * name, or text that is not UTF-8. An empty text matches everything, a text without names nothing.
 */
struct domain_list *domain_list_new(const char *text, struct buffer *error);
void domain_list_free(struct domain_list *list);

/* The files that were read, also those that files name, from 0 on; NULL after the last. The list's. */
const char *domain_list_file(const struct domain_list *list, size_t index);

/* domain is folded. */
bool domain_list_match(const struct domain_list *list, struct slice domain);

#endif
