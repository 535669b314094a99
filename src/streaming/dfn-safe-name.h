/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_clean_text:
 * @text: (nullable): UTF-8 from anywhere
 * @max_size: the bytes of the longest result
 * @keep_lines: whether line feeds and tabs stay
 *
 * Leaves out control characters and the marks of Unicode's bidirectional algorithm (UAX #9) that
 * override, embed or isolate, with which a text shows itself as another; cuts at a character;
 * strips blanks at both ends.
 *
 * Returns: (transfer full) (nullable): the text, or %NULL when nothing is left
 */
char *dfn_clean_text (const char *text, gsize max_size, gboolean keep_lines);

/**
 * dfn_safe_name:
 * @name: UTF-8 from anywhere
 * @max_size: the bytes of the longest result, at least 32
 *
 * Turns a remote's idea of a file name into one that is safe on Linux and can be copied to FAT and
 * NTFS: separators and their reserved characters become "_", invisible marks go, and so do dots,
 * dashes and blanks in front and dots and blanks at the end; device names get a "_" in front. What
 * is too long is cut before the extension, which stays.
 *
 * Returns: (transfer full): a file name, never empty
 */
char *dfn_safe_name (const char *name, gsize max_size);

G_END_DECLS
