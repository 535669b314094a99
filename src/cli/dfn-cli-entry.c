/* SPDX-License-Identifier: MIT */
#include "dfn-cli-entry.h"

#include "dfn-cli-text.h"

#include <glib/gi18n-lib.h>

#define TITLE_WIDTH 40
#define SIZE_WIDTH 9
#define AGE_WIDTH 18
#define GAP "  "
#define GAP_WIDTH 2

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

char *
dfn_cli_entry_format_age (gint64 seconds)
{
  guint count;

  if (seconds < MINUTE)
    return g_strdup (_ ("just now"));
  if (seconds < HOUR)
    {
      count = (guint) (seconds / MINUTE);
      return g_strdup_printf (
          g_dngettext (GETTEXT_PACKAGE, "%u minute ago", "%u minutes ago", count), count);
    }
  if (seconds < DAY)
    {
      count = (guint) (seconds / HOUR);
      return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u hour ago", "%u hours ago", count),
                              count);
    }
  count = (guint) MIN (seconds / DAY, 99999);
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u day ago", "%u days ago", count), count);
}

static char *
fit_right (const char *text, guint width)
{
  guint used = dfn_cli_text_get_width (text);

  return g_strdup_printf ("%*s%s", used < width ? (int) (width - used) : 0, "", text);
}

char *
dfn_cli_entry_format (const DfnCatalogEntry *entry, gint64 now, guint width)
{
  g_autofree char *clean = dfn_cli_text_clean (entry->title != NULL ? entry->title : "");
  /* Translators: stands in the place of a size, in capitals where there are any; 9 columns */
  g_autofree char *size_text = entry->is_live ? g_strdup (_ ("LIVE")) : g_format_size (entry->size);
  g_autofree char *age_text = dfn_cli_entry_format_age (now - MAX (entry->announced_at, 0));
  g_autofree char *link = dfn_cli_text_clean (entry->link);
  const guint rest = GAP_WIDTH + SIZE_WIDTH + GAP_WIDTH + AGE_WIDTH;
  guint title_width = TITLE_WIDTH;
  g_autofree char *title = NULL;
  g_autofree char *size = fit_right (size_text, SIZE_WIDTH);
  g_autofree char *age = dfn_cli_text_fit (age_text, AGE_WIDTH);

  if (width > 0 && width < TITLE_WIDTH + rest)
    title_width = width > rest + 10 ? width - rest : 10;
  title = dfn_cli_text_fit (clean, title_width);
  if (width == 0 || title_width + rest + GAP_WIDTH + dfn_cli_text_get_width (link) <= width)
    return g_strconcat (title, GAP, size, GAP, age, GAP, link, NULL);
  return g_strconcat (title, GAP, size, GAP, g_strchomp (age), "\n", GAP, link, NULL);
}

DfnCliEvent *
dfn_cli_entry_to_event (const DfnCatalogEntry *entry)
{
  DfnCliEvent *event = dfn_cli_event_new ("entry");

  dfn_cli_event_add_string (event, "link", entry->link);
  dfn_cli_event_add_string (event, "title", entry->title);
  dfn_cli_event_add_string (event, "summary", entry->summary);
  dfn_cli_event_add_string (event, "type", entry->mime_type);
  dfn_cli_event_add_integer (event, "size", entry->size);
  dfn_cli_event_add_boolean (event, "live", entry->is_live);
  dfn_cli_event_add_string (event, "author", entry->pubkey);
  dfn_cli_event_add_integer (event, "announced", (guint64) MAX (entry->announced_at, 0));
  return event;
}
