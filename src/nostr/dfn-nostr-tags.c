/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-tags.h"

#include <stdarg.h>

GPtrArray *
dfn_nostr_tags_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
}

void
dfn_nostr_tags_add (GPtrArray *tags, const char *name, ...)
{
  g_autoptr (GStrvBuilder) builder = NULL;
  const char *value;
  va_list values;

  g_return_if_fail (tags != NULL);
  g_return_if_fail (name != NULL);

  builder = g_strv_builder_new ();
  g_strv_builder_add (builder, name);
  va_start (values, name);
  while ((value = va_arg (values, const char *)) != NULL)
    g_strv_builder_add (builder, value);
  va_end (values);
  g_ptr_array_add (tags, g_strv_builder_end (builder));
}

const char *
dfn_nostr_tags_lookup (GPtrArray *tags, const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  for (guint i = 0; tags != NULL && i < tags->len; i++)
    {
      char **tag = tags->pdata[i];

      if (g_strcmp0 (tag[0], name) == 0 && tag[1] != NULL)
        return tag[1];
    }
  return NULL;
}
