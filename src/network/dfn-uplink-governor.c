/* SPDX-License-Identifier: MIT */
#include "dfn-uplink-governor.h"

#include "dfn-source.h"
#include "dfn-timer.h"
#include "dfn-uplink-bucket.h"
#include "dfn-uplink-turns.h"

struct _DfnUplinkGovernor {
  GObject parent_instance;

  GSource *timer; /* for the next turn, or the next look at the queue */
  DfnUplinkEstimate *estimate;
  DfnUplinkBucket bucket;
  DfnUplinkTurns *turns;
  guint64 limit;
  gboolean is_enabled;
  gboolean is_ticking;
  gint64 tick_us; /* when the next look is due */
  guint n_links;
  guint64 bytes_granted;
  DfnUplinkClient *called; /* whose turn it is, until it asks */
};

/* The turn comes first, so that the one is the other. */
struct _DfnUplinkClient {
  DfnUplinkTurn turn;
  DfnUplinkGovernor *governor; /* a reference */
  DfnUplinkPath *path;
  DfnUplinkReadyFunc ready;
  gpointer user_data;
};

enum {
  PROP_0,
  PROP_LIMIT,
  PROP_RATE,
  PROP_ESTIMATE,
  PROP_QUEUE_DELAY,
  PROP_BYTES_GRANTED,
  PROP_LINKS,
  PROP_COMPETING,
  N_PROPS,
};
static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (DfnUplinkGovernor, dfn_uplink_governor, G_TYPE_OBJECT)

static void
settle_rate (DfnUplinkGovernor *self, gint64 now_us)
{
  double rate = self->is_enabled ? dfn_uplink_estimate_get_rate (self->estimate) : 0;

  dfn_uplink_bucket_set (&self->bucket, now_us, rate, self->is_enabled ? (double) self->limit : 0);
}

/* Tells the estimate whether it is its rate that somebody waits for, and sets the timer. */
static void
arm (DfnUplinkGovernor *self, gint64 now_us)
{
  gboolean is_waiting = dfn_uplink_turns_get_next (self->turns, now_us) != NULL;
  double limit = self->bucket.limit;
  gint64 when_us = self->is_ticking ? self->tick_us : -1;

  dfn_uplink_estimate_set_waiting (self->estimate, now_us,
                                   is_waiting && self->bucket.rate > 0
                                       && (limit <= 0 || self->bucket.rate < limit));
  if (is_waiting)
    {
      gint64 ready_us = dfn_uplink_bucket_get_ready (&self->bucket, now_us);

      when_us = when_us < 0 ? ready_us : MIN (when_us, ready_us);
    }
  dfn_timer_source_set (self->timer, when_us);
}

static void
tick (DfnUplinkGovernor *self, gint64 now_us)
{
  if (!self->is_ticking || now_us < self->tick_us)
    return;
  dfn_uplink_estimate_tick (self->estimate, now_us);
  settle_rate (self, now_us);
  self->tick_us = now_us + DFN_UPLINK_TICK_US;
  self->is_ticking = !dfn_uplink_estimate_is_idle (self->estimate, now_us);
}

/* Gives everybody who waits a turn, as long as there are tokens. */
static gboolean
on_timer (gpointer user_data)
{
  g_autoptr (DfnUplinkGovernor) self = g_object_ref (user_data);
  gint64 now_us = g_get_monotonic_time ();
  guint n_turns = self->n_links;

  tick (self, now_us);
  for (; n_turns > 0 && dfn_uplink_bucket_get (&self->bucket, now_us) > 0; n_turns--)
    {
      DfnUplinkClient *next = (DfnUplinkClient *) dfn_uplink_turns_get_next (self->turns, now_us);

      if (next == NULL)
        break;
      self->called = next;
      next->ready (next->user_data);
      if (self->called != NULL)
        dfn_uplink_client_rest (g_steal_pointer (&self->called)); /* it has nothing to say */
      now_us = g_get_monotonic_time ();
    }
  arm (self, now_us);
  return G_SOURCE_CONTINUE;
}

static void
dfn_uplink_governor_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DfnUplinkGovernor *self = DFN_UPLINK_GOVERNOR (object);

  switch (id)
    {
    case PROP_LIMIT:
      g_value_set_uint64 (value, self->limit);
      break;
    case PROP_RATE:
      g_value_set_uint64 (value, dfn_uplink_governor_get_rate (self));
      break;
    case PROP_ESTIMATE:
      g_value_set_uint64 (value, dfn_uplink_governor_get_estimate (self));
      break;
    case PROP_QUEUE_DELAY:
      g_value_set_int64 (value, dfn_uplink_governor_get_queue_delay (self));
      break;
    case PROP_BYTES_GRANTED:
      g_value_set_uint64 (value, self->bytes_granted);
      break;
    case PROP_LINKS:
      g_value_set_uint (value, self->n_links);
      break;
    case PROP_COMPETING:
      g_value_set_boolean (value, dfn_uplink_estimate_is_competing (self->estimate));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
dfn_uplink_governor_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_LIMIT:
      dfn_uplink_governor_set_limit (DFN_UPLINK_GOVERNOR (object), g_value_get_uint64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
dfn_uplink_governor_dispose (GObject *object)
{
  DfnUplinkGovernor *self = DFN_UPLINK_GOVERNOR (object);

  dfn_source_clear (&self->timer);
  G_OBJECT_CLASS (dfn_uplink_governor_parent_class)->dispose (object);
}

static void
dfn_uplink_governor_finalize (GObject *object)
{
  DfnUplinkGovernor *self = DFN_UPLINK_GOVERNOR (object);

  dfn_uplink_estimate_free (self->estimate);
  dfn_uplink_turns_free (self->turns);
  G_OBJECT_CLASS (dfn_uplink_governor_parent_class)->finalize (object);
}

static GParamSpec *
amount (const char *name)
{
  return g_param_spec_uint64 (name, NULL, NULL, 0, G_MAXUINT64, 0,
                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
dfn_uplink_governor_class_init (DfnUplinkGovernorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = dfn_uplink_governor_get_property;
  object_class->set_property = dfn_uplink_governor_set_property;
  object_class->dispose = dfn_uplink_governor_dispose;
  object_class->finalize = dfn_uplink_governor_finalize;

  properties[PROP_LIMIT] =
      g_param_spec_uint64 ("limit", NULL, NULL, 0, G_MAXUINT64, 0,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_RATE] = amount ("rate");
  properties[PROP_ESTIMATE] = amount ("estimate");
  properties[PROP_QUEUE_DELAY] = g_param_spec_int64 ("queue-delay", NULL, NULL, 0, G_MAXINT64, 0,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_BYTES_GRANTED] = amount ("bytes-granted");
  properties[PROP_LINKS] = g_param_spec_uint ("links", NULL, NULL, 0, G_MAXUINT, 0,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_COMPETING] = g_param_spec_boolean ("competing", NULL, NULL, FALSE,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
dfn_uplink_governor_init (DfnUplinkGovernor *self)
{
  self->estimate = dfn_uplink_estimate_new ();
  self->turns = dfn_uplink_turns_new ();
  self->is_enabled = TRUE;
  self->timer = dfn_source_attach (dfn_timer_source_new (), g_main_context_get_thread_default (),
                                   on_timer, self);
}

DfnUplinkGovernor *
dfn_uplink_governor_new (void)
{
  return g_object_new (DFN_TYPE_UPLINK_GOVERNOR, NULL);
}

DfnUplinkGovernor *
dfn_uplink_governor_get_default (void)
{
  static GPrivate governor = G_PRIVATE_INIT (g_object_unref);

  if (g_private_get (&governor) == NULL)
    g_private_set (&governor, dfn_uplink_governor_new ());
  return g_private_get (&governor);
}

void
dfn_uplink_governor_set_limit (DfnUplinkGovernor *self, guint64 bytes_per_second)
{
  gint64 now_us = g_get_monotonic_time ();

  g_return_if_fail (DFN_IS_UPLINK_GOVERNOR (self));

  if (bytes_per_second > 0)
    bytes_per_second = MAX (bytes_per_second, DFN_UPLINK_MIN_LIMIT);
  if (self->limit == bytes_per_second)
    return;
  self->limit = bytes_per_second;
  settle_rate (self, now_us);
  arm (self, now_us);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LIMIT]);
}

guint64
dfn_uplink_governor_get_limit (DfnUplinkGovernor *self)
{
  return self->limit;
}

void
dfn_uplink_governor_set_enabled (DfnUplinkGovernor *self, gboolean enabled)
{
  gint64 now_us = g_get_monotonic_time ();

  g_return_if_fail (DFN_IS_UPLINK_GOVERNOR (self));

  self->is_enabled = enabled;
  settle_rate (self, now_us);
  arm (self, now_us);
}

guint64
dfn_uplink_governor_get_rate (DfnUplinkGovernor *self)
{
  double rate = dfn_uplink_estimate_get_rate (self->estimate);

  if (rate > 0 && self->limit > 0)
    return MIN ((guint64) rate, self->limit);
  if (rate > 0)
    return (guint64) rate;
  return self->limit > 0 ? self->limit : DFN_UPLINK_UNLIMITED;
}

guint64
dfn_uplink_governor_get_estimate (DfnUplinkGovernor *self)
{
  return (guint64) dfn_uplink_estimate_get_capacity (self->estimate);
}

gint64
dfn_uplink_governor_get_queue_delay (DfnUplinkGovernor *self)
{
  return dfn_uplink_estimate_get_queue_delay (self->estimate);
}

/* Connections */

DfnUplinkClient *
dfn_uplink_client_new (DfnUplinkGovernor *governor, DfnUplinkReadyFunc ready, gpointer user_data)
{
  DfnUplinkClient *client = g_new0 (DfnUplinkClient, 1);

  client->governor = g_object_ref (governor);
  client->path = dfn_uplink_estimate_add (governor->estimate);
  client->ready = ready;
  client->user_data = user_data;
  governor->n_links++;
  return client;
}

void
dfn_uplink_client_free (DfnUplinkClient *client)
{
  DfnUplinkGovernor *governor = client->governor;

  dfn_uplink_client_rest (client);
  if (governor->called == client)
    governor->called = NULL;
  dfn_uplink_estimate_remove (governor->estimate, client->path);
  governor->n_links--;
  g_object_unref (governor);
  g_free (client);
}

void
dfn_uplink_client_forget (DfnUplinkClient *client)
{
  dfn_uplink_path_forget (client->path);
}

gsize
dfn_uplink_client_ask (DfnUplinkClient *client, gint64 deadline_us)
{
  DfnUplinkGovernor *self = client->governor;
  gint64 now_us = g_get_monotonic_time ();
  gsize allowed = dfn_uplink_bucket_get (&self->bucket, now_us);

  if (allowed == G_MAXSIZE)
    {
      dfn_uplink_client_rest (client);
      return allowed;
    }
  dfn_uplink_turns_wait (self->turns, &client->turn, now_us, deadline_us);
  if (allowed > 0 && self->called == client)
    self->called = NULL;
  else if (allowed == 0 || dfn_uplink_turns_get_next (self->turns, now_us) != &client->turn)
    {
      arm (self, now_us);
      return 0;
    }
  dfn_uplink_turns_serve (self->turns, &client->turn, now_us);
  arm (self, now_us);
  return allowed;
}

void
dfn_uplink_client_rest (DfnUplinkClient *client)
{
  dfn_uplink_turns_leave (client->governor->turns, &client->turn);
}

void
dfn_uplink_client_report (DfnUplinkClient *client, const DfnUplinkReport *report)
{
  DfnUplinkGovernor *self = client->governor;
  gint64 now_us = g_get_monotonic_time ();
  guint64 sent = dfn_uplink_estimate_report (self->estimate, client->path, now_us, report);

  if (sent > 0)
    {
      dfn_uplink_bucket_take (&self->bucket, now_us, sent);
      self->bytes_granted += sent;
      if (!self->is_ticking)
        {
          self->is_ticking = TRUE;
          self->tick_us = now_us;
          arm (self, now_us);
        }
    }
  tick (self, now_us);
}
