/*
 * xmalloc - allocation that does not fail. Running out of memory is logged and ends the process
 * (systemd starts it again; Postfix sees a temporary failure meanwhile): a daemon that goes on with
 * half an answer could tell a lie. What a remote side can make grow is bounded elsewhere.
 */
#ifndef VMAPD_BASE_XMALLOC_H
#define VMAPD_BASE_XMALLOC_H

#include <stddef.h>

/* Like malloc, calloc, realloc, strdup, strndup; never NULL. The caller frees with free(). */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *ptr, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t len) __attribute__((malloc, returns_nonnull));

/* Format into fresh memory that the caller frees. */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

#endif
