/* SPDX-License-Identifier: MIT */
#include "dfn-report-pacer.h"

#define SHORTEST_US (100 * 1000)
#define LONGEST_US G_USEC_PER_SEC

struct _DfnReportPacer {
  void (*func) (gpointer user_data);
  gpointer user_data;
  GSource *timer;
  gint64 last_us;
};

static gboolean
on_timer (gpointer user_data)
{
  dfn_report_pacer_now (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

DfnReportPacer *
dfn_report_pacer_new (void (*func) (gpointer user_data), gpointer user_data)
{
  static GSourceFuncs funcs = { .dispatch = dispatch };
  DfnReportPacer *self = g_new0 (DfnReportPacer, 1);

  self->func = func;
  self->user_data = user_data;
  self->timer = g_source_new (&funcs, sizeof (GSource));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_set_ready_time (self->timer, g_get_monotonic_time () + LONGEST_US);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
  return self;
}

void
dfn_report_pacer_free (DfnReportPacer *self)
{
  g_source_destroy (self->timer);
  g_source_unref (self->timer);
  g_free (self);
}

void
dfn_report_pacer_now (DfnReportPacer *self)
{
  self->last_us = g_get_monotonic_time ();
  g_source_set_ready_time (self->timer, self->last_us + LONGEST_US);
  self->func (self->user_data);
}

void
dfn_report_pacer_soon (DfnReportPacer *self)
{
  g_source_set_ready_time (self->timer, self->last_us + SHORTEST_US);
}
