/* SPDX-License-Identifier: MIT */
#include "dfn-session.h"

#include "dfn-node-private.h"
#include "dfn-task.h"

typedef struct {
  DfnNode *node;
  DfnMailbox *mailbox;
  gpointer task;
  gpointer report;
} DfnSessionPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (DfnSession, dfn_session, G_TYPE_OBJECT)

enum { SIGNAL_REPORT, N_SIGNALS };

static guint signals[N_SIGNALS];

enum {
  PROP_0,
  PROP_SWARM,
  PROP_N_PEERS,
  PROP_BYTES_IN,
  PROP_BYTES_OUT,
  PROP_CHUNKS_TAKEN,
  PROP_CHUNKS_GIVEN,
  PROP_DUPLICATES,
  PROP_LATE,
  PROP_MISSED,
  PROP_COPIES,
  PROP_CONTROL_SHARE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
on_report (gpointer message, gpointer user_data)
{
  DfnSession *self = user_data;
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  dfn_report_free (priv->report);
  priv->report = dfn_report_copy (message);
  g_signal_emit (self, signals[SIGNAL_REPORT], 0, priv->report);
}

static void
dfn_session_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DfnSessionPrivate *priv = dfn_session_get_instance_private (DFN_SESSION (object));
  const DfnSwarmReport *swarm = *dfn_report_get_swarm (priv->report);
  DfnSwarmReport none = { 0 };

  if (id == PROP_SWARM)
    {
      g_value_set_boxed (value, swarm);
      return;
    }
  swarm = swarm != NULL ? swarm : &none;
  switch (id)
    {
    case PROP_N_PEERS:
      g_value_set_uint (value, swarm->n_peers);
      break;
    case PROP_BYTES_IN:
      g_value_set_uint64 (value, swarm->bytes_in);
      break;
    case PROP_BYTES_OUT:
      g_value_set_uint64 (value, swarm->bytes_out);
      break;
    case PROP_CHUNKS_TAKEN:
      g_value_set_uint64 (value, swarm->chunks_taken);
      break;
    case PROP_CHUNKS_GIVEN:
      g_value_set_uint64 (value, swarm->chunks_given);
      break;
    case PROP_DUPLICATES:
      g_value_set_uint64 (value, swarm->counts.duplicates);
      break;
    case PROP_LATE:
      g_value_set_uint64 (value, swarm->counts.late);
      break;
    case PROP_MISSED:
      g_value_set_uint64 (value, swarm->counts.missed);
      break;
    case PROP_COPIES:
      g_value_set_double (value, dfn_swarm_report_get_copies (swarm));
      break;
    case PROP_CONTROL_SHARE:
      g_value_set_double (value, dfn_swarm_report_get_control_share (swarm));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
install_properties (GObjectClass *klass)
{
  static const char *const counts[] = { [PROP_BYTES_IN] = "bytes-in",
                                        [PROP_BYTES_OUT] = "bytes-out",
                                        [PROP_CHUNKS_TAKEN] = "chunks-taken",
                                        [PROP_CHUNKS_GIVEN] = "chunks-given",
                                        [PROP_DUPLICATES] = "duplicates",
                                        [PROP_LATE] = "late",
                                        [PROP_MISSED] = "missed" };
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  properties[PROP_SWARM] = g_param_spec_boxed ("swarm", NULL, NULL, DFN_TYPE_SWARM_REPORT, flags);
  properties[PROP_N_PEERS] = g_param_spec_uint ("n-peers", NULL, NULL, 0, G_MAXUINT, 0, flags);
  for (guint i = PROP_BYTES_IN; i <= PROP_MISSED; i++)
    properties[i] = g_param_spec_uint64 (counts[i], NULL, NULL, 0, G_MAXUINT64, 0, flags);
  properties[PROP_COPIES] = g_param_spec_double ("copies", NULL, NULL, -1, G_MAXDOUBLE, -1, flags);
  properties[PROP_CONTROL_SHARE] =
      g_param_spec_double ("control-share", NULL, NULL, 0, 1, 0, flags);
  g_object_class_install_properties (klass, N_PROPS, properties);
}

static void
dfn_session_constructed (GObject *object)
{
  DfnSession *self = DFN_SESSION (object);
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  G_OBJECT_CLASS (dfn_session_parent_class)->constructed (object);
  priv->report = dfn_report_new (DFN_SESSION_GET_CLASS (self)->layout);
  priv->mailbox = dfn_mailbox_new (on_report, self, dfn_report_free);
}

static void
dfn_session_dispose (GObject *object)
{
  DfnSession *self = DFN_SESSION (object);
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  dfn_mailbox_close (priv->mailbox);
  if (priv->task != NULL)
    dfn_node_stop_task (priv->node, g_steal_pointer (&priv->task), dfn_task_stop);
  g_clear_object (&priv->node);
  G_OBJECT_CLASS (dfn_session_parent_class)->dispose (object);
}

static void
dfn_session_finalize (GObject *object)
{
  DfnSession *self = DFN_SESSION (object);
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  dfn_report_free (priv->report);
  dfn_mailbox_unref (priv->mailbox);
  G_OBJECT_CLASS (dfn_session_parent_class)->finalize (object);
}

static void
dfn_session_class_init (DfnSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->constructed = dfn_session_constructed;
  G_OBJECT_CLASS (klass)->dispose = dfn_session_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_session_finalize;
  G_OBJECT_CLASS (klass)->get_property = dfn_session_get_property;
  install_properties (G_OBJECT_CLASS (klass));

  signals[SIGNAL_REPORT] = g_signal_new ("report", DFN_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
dfn_session_init (DfnSession *self)
{
}

DfnMailbox *
dfn_session_get_mailbox (DfnSession *self)
{
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  return priv->mailbox;
}

void
dfn_session_begin (DfnSession *self, DfnNode *node, gpointer task)
{
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  priv->node = g_object_ref (node);
  priv->task = task;
  dfn_node_start_task (node, task, dfn_task_start);
}

gconstpointer
dfn_session_get_newest (DfnSession *self)
{
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  return priv->report;
}
