/*
 * sql_scan - a query's text cut into tokens, for the reader that turns it around. Pure. Takes only what
 * has the same tokens under every sql_mode and on every server.
 */
#ifndef VMAPD_MIRROR_SQL_SCAN_H
#define VMAPD_MIRROR_SQL_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

enum sql_kind {
    SQL_WORD,      /* a name, a keyword, a number: letters, digits, _ $ and bytes above 7F */
    SQL_NAME,      /* `name` */
    SQL_TEXT,      /* 'text' */
    SQL_DOUBLE,    /* "text", or a name under ANSI_QUOTES */
    SQL_EXPANSION, /* %s and the like outside of quotes */
    SQL_SIGN       /* one character; && || := %% are one token, too */
};

struct sql_token {
    enum sql_kind kind;
    bool is_asked;     /* holds an expansion of mysql_table(5) */
    struct slice text; /* as written, with its quotes */
};

/* Zero-initialise. The tokens point into the text that was scanned. */
struct sql_tokens {
    struct sql_token *at;
    size_t count;
};

/*
 * Cut the template of a query into tokens; a ';' at its end is left out. False: it holds a comment,
 * several statements, a quote without an end, or a backslash on which it depends where a quote ends; a
 * sentence without a full stop was appended to reason. Call sql_tokens_free() in any case.
 */
bool sql_scan(const char *query, struct sql_tokens *tokens, struct buffer *reason);
void sql_tokens_free(struct sql_tokens *tokens);

/* Whether it is this keyword or sign, in any case. */
bool sql_is(const struct sql_token *token, const char *word);

/*
 * Append the text between the quotes as a template: what the server would see once the expansions
 * have been made. False: it holds a backslash, whose meaning depends on sql_mode.
 */
bool sql_literal(const struct sql_token *token, struct buffer *out);

#endif
