/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_format_rate:
 * @bytes_per_second: a rate
 *
 * Returns: (transfer full): the rate in bit/s with an SI prefix, e.g. "48.2 Mbit/s"
 */
char *dfn_format_rate (double bytes_per_second);

/**
 * dfn_format_duration:
 * @seconds: a span; negative or absurdly long means unknown
 *
 * Returns: (transfer full): "0:07", "12:34", "1:02:03", or "-:--" when unknown
 */
char *dfn_format_duration (double seconds);

/**
 * dfn_format_parse_rate:
 * @text: a number and one of kbit, mbit, gbit, kbyte, mbyte and gbyte, which stand for thousands,
 *   millions and milliards a second, e.g. "8mbit" or "1.5 Mbyte"
 * @bytes_per_second: (out): the rate
 *
 * Returns: %FALSE if it is no rate above nothing
 */
gboolean dfn_format_parse_rate (const char *text, double *bytes_per_second);

G_END_DECLS
