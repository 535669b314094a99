/* SPDX-License-Identifier: MIT */
#include "rate-trace.h"

#include <math.h>

typedef struct {
  guint64 start_ns;
  double rate;
} Sample;

struct _RateTrace {
  GArray *samples;
  guint64 period_ns;
  double mean;
};

static gboolean
parse_line (const char *line, Sample *sample)
{
  char *end;
  double seconds = g_ascii_strtod (line, &end);
  double mbits;

  if (end == line || !isfinite (seconds) || seconds < 0 || seconds > 1e6)
    return FALSE;
  line = end;
  mbits = g_ascii_strtod (line, &end);
  if (end == line || !isfinite (mbits) || mbits < 0 || *g_strchug (end) != '\0')
    return FALSE;
  sample->start_ns = (guint64) (seconds * 1e9);
  sample->rate = mbits * 125e3;
  return TRUE;
}

static gboolean
parse_samples (const char *text, GArray *samples, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      Sample sample;

      if (*g_strstrip (lines[i]) == '\0')
        continue;
      if (!parse_line (lines[i], &sample)
          || (samples->len > 0
              && g_array_index (samples, Sample, samples->len - 1).start_ns >= sample.start_ns))
        {
          g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                       "Line %u of the trace is not a later time and a rate", i + 1);
          return FALSE;
        }
      g_array_append_val (samples, sample);
    }
  return TRUE;
}

/* The last sample is taken to hold as long as the one before it did, for nothing says when the
 * recording stopped. */
static void
finish (RateTrace *self)
{
  Sample *samples = (Sample *) (gpointer) self->samples->data;
  guint count = self->samples->len;
  guint64 first = samples[0].start_ns;
  double bytes = 0;

  for (guint i = 0; i < count; i++)
    samples[i].start_ns -= first;
  self->period_ns = count == 1 ? G_USEC_PER_SEC * 1000
                               : 2 * samples[count - 1].start_ns - samples[count - 2].start_ns;
  for (guint i = 0; i < count; i++)
    {
      guint64 end = i + 1 < count ? samples[i + 1].start_ns : self->period_ns;
      bytes += samples[i].rate * (double) (end - samples[i].start_ns) / 1e9;
    }
  self->mean = bytes / ((double) self->period_ns / 1e9);
}

RateTrace *
rate_trace_parse (const char *text, GError **error)
{
  g_autoptr (RateTrace) self = g_rc_box_new0 (RateTrace);

  self->samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  if (!parse_samples (text, self->samples, error))
    return NULL;
  if (self->samples->len > 0)
    finish (self);
  if (self->mean <= 0)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                           "The trace has no sample with a rate above 0");
      return NULL;
    }
  return g_steal_pointer (&self);
}

RateTrace *
rate_trace_load (const char *path, GError **error)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  return rate_trace_parse (text, error);
}

RateTrace *
rate_trace_ref (RateTrace *self)
{
  return g_rc_box_acquire (self);
}

static void
free_contents (RateTrace *self)
{
  g_array_unref (self->samples);
}

void
rate_trace_unref (RateTrace *self)
{
  g_rc_box_release_full (self, (GDestroyNotify) free_contents);
}

double
rate_trace_at (const RateTrace *self, guint64 elapsed_ns, guint64 *until_ns)
{
  const Sample *samples = (const Sample *) (gconstpointer) self->samples->data;
  guint64 round_start = elapsed_ns - elapsed_ns % self->period_ns;
  guint64 offset = elapsed_ns - round_start;
  guint low = 0, high = self->samples->len;

  while (high - low > 1)
    {
      guint middle = (low + high) / 2;

      if (samples[middle].start_ns <= offset)
        low = middle;
      else
        high = middle;
    }
  *until_ns = round_start + (high < self->samples->len ? samples[high].start_ns : self->period_ns);
  return samples[low].rate;
}

double
rate_trace_mean (const RateTrace *self)
{
  return self->mean;
}
