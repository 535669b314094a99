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

G_END_DECLS
