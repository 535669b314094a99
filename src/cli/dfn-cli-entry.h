/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-catalog.h"
#include "dfn-cli-event.h"

G_BEGIN_DECLS

/**
 * dfn_cli_entry_format:
 * @entry: an announcement
 * @now: seconds since 1970
 * @width: the columns of the terminal, or 0 for no limit
 *
 * A row of the table that `browse` prints: title, size (of a live stream "LIVE"), age and link, in
 * columns. On a terminal
 * that has no room for the link beside the rest it stands in a line of its own below, where it can
 * be marked with the mouse.
 *
 * Returns: (transfer full): one line, or two with a line feed between them
 */
char *dfn_cli_entry_format (const DfnCatalogEntry *entry, gint64 now, guint width);

/**
 * dfn_cli_entry_format_age:
 * @seconds: how long ago; negative for a clock that is wrong
 *
 * Returns: (transfer full): the time in words, e.g. "5 minutes ago"
 */
char *dfn_cli_entry_format_age (gint64 seconds);

/**
 * dfn_cli_entry_to_event:
 *
 * Returns: (transfer full): the event `entry`
 */
DfnCliEvent *dfn_cli_entry_to_event (const DfnCatalogEntry *entry);

G_END_DECLS
