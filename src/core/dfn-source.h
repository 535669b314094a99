/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_source_attach:
 * @source: (transfer full): a new source of events
 * @context: (nullable): where its events happen; %NULL is the default context
 * @func: what to call then, of the type that @source wants
 * @user_data: for @func; whoever lends it clears the source before it goes
 *
 * Returns: (transfer full): @source, for dfn_source_clear()
 */
GSource *
dfn_source_attach (GSource *source, GMainContext *context, GSourceFunc func, gpointer user_data);

/**
 * dfn_source_clear:
 * @source: (inout) (nullable): where a source is kept; %NULL afterwards
 *
 * Ends a source if there is one: its function is not called again.
 */
void dfn_source_clear (GSource **source);

G_END_DECLS
