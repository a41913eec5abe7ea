/*
 * null_answer - what both null servers do with their input: one constant reply for each request. They
 * are the physical limit for a server of their kind; nothing is looked up and nothing is checked that
 * need not be to find the next request.
 */
#ifndef BENCH_NULL_ANSWER_H
#define BENCH_NULL_ANSWER_H

#include <stddef.h>

#define NULL_INPUT_MAX 65536

/* argv is SOCKET PAYLOAD. Returns the listening socket, non-blocking; exits on any trouble. */
int null_start(int argc, char **argv);

/*
 * The replies to a whole read; *len is their length. Requests that come in pieces are not for a null
 * server: it exits.
 */
const char *null_answer(const char *input, size_t input_len, size_t *len);

#endif
