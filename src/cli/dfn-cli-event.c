/* SPDX-License-Identifier: MIT */
#include "dfn-cli-event.h"

#include "dfn-cli-text.h"

#include <math.h>

struct _DfnCliEvent {
  GString *json;
};

static void
append_string (GString *json, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  g_string_append_c (json, '"');
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '"' || c == '\\')
        g_string_append_printf (json, "\\%c", (char) c);
      else if (dfn_cli_text_is_unsafe (c))
        g_string_append_printf (json, "\\u%04x", c);
      else
        g_string_append_unichar (json, c);
    }
  g_string_append_c (json, '"');
}

/* Members are named by the program alone and need no escaping. */
static void
append_member (DfnCliEvent *self, const char *member)
{
  if (self->json->len > 1)
    g_string_append_c (self->json, ',');
  g_string_append_printf (self->json, "\"%s\":", member);
}

DfnCliEvent *
dfn_cli_event_new_object (void)
{
  DfnCliEvent *self = g_new0 (DfnCliEvent, 1);

  self->json = g_string_new ("{");
  return self;
}

DfnCliEvent *
dfn_cli_event_new (const char *name)
{
  DfnCliEvent *self = dfn_cli_event_new_object ();

  dfn_cli_event_add_string (self, "event", name);
  return self;
}

void
dfn_cli_event_free (DfnCliEvent *self)
{
  g_string_free (self->json, TRUE);
  g_free (self);
}

void
dfn_cli_event_add_string (DfnCliEvent *self, const char *member, const char *text)
{
  append_member (self, member);
  if (text != NULL)
    append_string (self->json, text);
  else
    g_string_append (self->json, "null");
}

void
dfn_cli_event_add_strings (DfnCliEvent *self, const char *member, const char *const *texts)
{
  append_member (self, member);
  g_string_append_c (self->json, '[');
  for (guint i = 0; texts != NULL && texts[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (self->json, ',');
      append_string (self->json, texts[i]);
    }
  g_string_append_c (self->json, ']');
}

void
dfn_cli_event_add_integer (DfnCliEvent *self, const char *member, guint64 value)
{
  append_member (self, member);
  g_string_append_printf (self->json, "%" G_GUINT64_FORMAT, value);
}

void
dfn_cli_event_add_boolean (DfnCliEvent *self, const char *member, gboolean value)
{
  append_member (self, member);
  g_string_append (self->json, value ? "true" : "false");
}

void
dfn_cli_event_add_number (DfnCliEvent *self, const char *member, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  append_member (self, member);
  if (!isfinite (value) || value < 0 || value >= 1e15)
    g_string_append (self->json, "null");
  else
    g_string_append (self->json,
                     g_ascii_formatd (text, sizeof text, value < 1 ? "%.6f" : "%.3f", value));
}

void
dfn_cli_event_add_objects (DfnCliEvent *self, const char *member, const GPtrArray *objects)
{
  append_member (self, member);
  g_string_append_c (self->json, '[');
  for (guint i = 0; i < objects->len; i++)
    g_string_append_printf (self->json, "%s%s}", i > 0 ? "," : "",
                            ((DfnCliEvent *) objects->pdata[i])->json->str);
  g_string_append_c (self->json, ']');
}

char *
dfn_cli_event_to_line (DfnCliEvent *self)
{
  return g_strconcat (self->json->str, "}\n", NULL);
}
