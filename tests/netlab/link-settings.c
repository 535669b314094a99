/* SPDX-License-Identifier: MIT */
#include "link-settings.h"

#include <math.h>
#include <string.h>

#define MILLISECOND_NS G_GUINT64_CONSTANT (1000000)

typedef struct {
  const char *name;
  double factor;
} Unit;

/* Times are kept in nanoseconds, rates in bytes a second. */
static const Unit time_units[] = { { "ms", 1e6 }, { "us", 1e3 }, { "s", 1e9 } };
static const Unit rate_units[] = {
  { "bit", 0.125 }, { "kbit", 125 },  { "mbit", 125e3 }, { "gbit", 125e6 },
  { "byte", 1 },    { "kbyte", 1e3 }, { "mbyte", 1e6 },
};
static const Unit size_units[] = { { "B", 1 }, { "kB", 1e3 }, { "MB", 1e6 } };

void
link_settings_init (LinkSettings *self)
{
  *self = (LinkSettings){
    .rate = INFINITY,
    .burst = 1,
    .hold_ns = 5 * MILLISECOND_NS,
    .queue_ns = 100 * MILLISECOND_NS,
  };
}

void
link_settings_clear (LinkSettings *self)
{
  g_clear_pointer (&self->trace, rate_trace_unref);
}

void
link_settings_copy (LinkSettings *self, const LinkSettings *from)
{
  RateTrace *trace = from->trace != NULL ? rate_trace_ref (from->trace) : NULL;

  link_settings_clear (self);
  *self = *from;
  self->trace = trace;
}

static gboolean
parse_quantity (const char *text, const Unit *units, gsize count, double *result)
{
  char *unit;
  double number = g_ascii_strtod (text, &unit);

  if (unit == text || !isfinite (number) || number < 0 || number > 1e12)
    return FALSE;
  if (number == 0 && *unit == '\0')
    {
      *result = 0;
      return TRUE;
    }
  for (gsize i = 0; i < count; i++)
    if (strcmp (unit, units[i].name) == 0)
      {
        *result = number * units[i].factor;
        return *result < 1e18;
      }
  return FALSE;
}

static gboolean
parse_time (const char *text, guint64 *result_ns)
{
  double value;

  if (!parse_quantity (text, time_units, G_N_ELEMENTS (time_units), &value))
    return FALSE;
  *result_ns = (guint64) value;
  return TRUE;
}

static gboolean
parse_share (const char *text, double *result)
{
  char *unit;
  double share = g_ascii_strtod (text, &unit);

  if (strcmp (unit, "%") == 0)
    share /= 100;
  else if (*unit != '\0')
    return FALSE;
  if (unit == text || !(share >= 0 && share <= 1))
    return FALSE;
  *result = share;
  return TRUE;
}

static gboolean
parse_queue (LinkSettings *self, const char *text)
{
  double bytes;

  if (parse_quantity (text, size_units, G_N_ELEMENTS (size_units), &bytes) && bytes >= 1)
    {
      self->queue_bytes = (guint64) bytes;
      return TRUE;
    }
  if (!parse_time (text, &self->queue_ns))
    return FALSE;
  self->queue_bytes = 0;
  return TRUE;
}

static gboolean
parse_rate (LinkSettings *self, const char *text)
{
  double rate = INFINITY;

  if (strcmp (text, "unlimited") != 0
      && !parse_quantity (text, rate_units, G_N_ELEMENTS (rate_units), &rate))
    return FALSE;
  self->rate = rate;
  return TRUE;
}

static gboolean
parse_burst (LinkSettings *self, const char *text)
{
  char *end;
  double packets = g_ascii_strtod (text, &end);

  if (end == text || *end != '\0' || !(packets >= 1 && packets <= 1e6))
    return FALSE;
  self->burst = packets;
  return TRUE;
}

static gboolean
set_trace (LinkSettings *self, const char *path, GError **error)
{
  RateTrace *trace = NULL;

  if (strcmp (path, "none") != 0)
    {
      trace = rate_trace_load (path, error);
      if (trace == NULL)
        return FALSE;
    }
  link_settings_clear (self);
  self->trace = trace;
  return TRUE;
}

gboolean
link_settings_set (LinkSettings *self, const char *key, const char *value, GError **error)
{
  gboolean done = FALSE;

  if (strcmp (key, "trace") == 0)
    return set_trace (self, value, error);
  if (strcmp (key, "rate") == 0)
    done = parse_rate (self, value);
  else if (strcmp (key, "delay") == 0)
    done = parse_time (value, &self->delay_ns);
  else if (strcmp (key, "jitter") == 0)
    done = parse_time (value, &self->jitter_ns);
  else if (strcmp (key, "hold") == 0)
    done = parse_time (value, &self->hold_ns);
  else if (strcmp (key, "loss") == 0)
    done = parse_share (value, &self->loss);
  else if (strcmp (key, "reorder") == 0)
    done = parse_share (value, &self->reorder);
  else if (strcmp (key, "burst") == 0)
    done = parse_burst (self, value);
  else if (strcmp (key, "queue") == 0)
    done = parse_queue (self, value);
  if (!done)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "A link has no setting \"%s=%s\"",
                 key, value);
  return done;
}
