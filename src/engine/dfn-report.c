/* SPDX-License-Identifier: MIT */
#include "dfn-report.h"

static const DfnReportLayout *
get_layout (gconstpointer report)
{
  return *(const DfnReportLayout *const *) report;
}

static gpointer
get_member (gpointer report, gsize offset)
{
  return (guint8 *) report + offset;
}

gpointer
dfn_report_new (const DfnReportLayout *layout)
{
  gpointer self = g_malloc0 (layout->size);

  *(const DfnReportLayout **) self = layout;
  return self;
}

DfnSwarmReport **
dfn_report_get_swarm (gpointer report)
{
  return get_member (report, get_layout (report)->swarm);
}

gpointer
dfn_report_copy (gconstpointer report)
{
  const DfnReportLayout *layout = get_layout (report);
  gpointer copy = g_memdup2 (report, layout->size);
  DfnSwarmReport *swarm = *dfn_report_get_swarm (copy);
  GError **error = get_member (copy, layout->error);

  for (const gsize *offset = layout->texts; *offset != 0; offset++)
    {
      char **text = get_member (copy, *offset);
      *text = g_strdup (*text);
    }
  if (layout->strings != 0)
    {
      char ***strings = get_member (copy, layout->strings);
      *strings = g_strdupv (*strings);
    }
  if (swarm != NULL)
    dfn_swarm_report_ref (swarm);
  if (*error != NULL)
    *error = g_error_copy (*error);
  return copy;
}

void
dfn_report_free (gpointer report)
{
  const DfnReportLayout *layout = get_layout (report);

  for (const gsize *offset = layout->texts; *offset != 0; offset++)
    g_free (*(char **) get_member (report, *offset));
  if (layout->strings != 0)
    g_strfreev (*(char ***) get_member (report, layout->strings));
  g_clear_pointer (dfn_report_get_swarm (report), dfn_swarm_report_unref);
  g_clear_error ((GError **) get_member (report, layout->error));
  g_free (report);
}
