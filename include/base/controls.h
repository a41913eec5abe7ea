/*
 * controls - text from outside must not be able to make lines or move the cursor of whoever reads it.
 */
#ifndef VMAPD_BASE_CONTROLS_H
#define VMAPD_BASE_CONTROLS_H

#include <stddef.h>

/*
 * Put '?' in the place of each byte of a control character: those of ASCII, and those from U+0080 to
 * U+009F, as UTF-8 or as a byte that is in no character of UTF-8.
 */
void controls_mask(char *text, size_t len);

#endif
