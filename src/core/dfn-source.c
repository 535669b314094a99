/* SPDX-License-Identifier: MIT */
#include "dfn-source.h"

GSource *
dfn_source_attach (GSource *source, GMainContext *context, GSourceFunc func, gpointer user_data)
{
  g_source_set_callback (source, func, user_data, NULL);
  g_source_attach (source, context);
  return source;
}

void
dfn_source_clear (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}
