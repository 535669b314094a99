/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_RELAY_WORDS_MAX: the most characters shown of what a relay says */
#define DFN_RELAY_WORDS_MAX 200

/**
 * dfn_relay_words_clean:
 * @text: (nullable): what a relay said, from anywhere
 *
 * Makes a relay's words fit to be shown on a terminal or in a window: control characters, line
 * breaks and characters that turn the direction of text become spaces, and there is an end to it.
 *
 * Returns: (transfer full): one line of UTF-8 of at most %DFN_RELAY_WORDS_MAX characters, perhaps
 *   empty
 */
char *dfn_relay_words_clean (const char *text);

G_END_DECLS
