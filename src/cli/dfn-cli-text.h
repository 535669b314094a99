/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_cli_text_is_unsafe:
 * @c: a character
 *
 * Returns: %TRUE for what a terminal may take as a command (the control characters of ISO 6429,
 *   both sets), for line and paragraph separators, and for the marks of UAX #9 with which a text
 *   shows itself as another
 */
gboolean dfn_cli_text_is_unsafe (gunichar c);

/**
 * dfn_cli_text_clean:
 * @text: bytes from anywhere
 *
 * Returns: (transfer full): one line of UTF-8 that is safe on a terminal: a space in place of each
 *   unsafe character, U+FFFD in place of what is not UTF-8
 */
char *dfn_cli_text_clean (const char *text);

/**
 * dfn_cli_text_get_width:
 * @text: UTF-8, clean
 *
 * Returns: the columns that @text takes on a terminal: two for wide characters (UAX #11), none for
 *   combining ones
 */
guint dfn_cli_text_get_width (const char *text);

/**
 * dfn_cli_text_cut:
 * @text: UTF-8, clean
 * @width: columns
 *
 * Returns: (transfer full): @text, cut with an ellipsis when it takes more than @width columns
 */
char *dfn_cli_text_cut (const char *text, guint width);

/**
 * dfn_cli_text_fit:
 * @text: UTF-8, clean
 * @width: columns
 *
 * Returns: (transfer full): the same in exactly @width columns, filled up with spaces
 */
char *dfn_cli_text_fit (const char *text, guint width);

/**
 * dfn_cli_text_wrap:
 * @text: UTF-8, clean
 * @width: columns
 *
 * Returns: (transfer full): @text in lines of at most @width columns where its words allow that,
 *   each ended by a line feed
 */
char *dfn_cli_text_wrap (const char *text, guint width);

/**
 * dfn_cli_text_suggest:
 * @word: what was typed
 * @known: (array zero-terminated=1): what would have been understood
 *
 * Returns: (transfer none) (nullable): the one of @known that was probably meant: it begins with
 *   @word, or differs by a letter or two; %NULL when none is near
 */
const char *dfn_cli_text_suggest (const char *word, const char *const *known);

G_END_DECLS
