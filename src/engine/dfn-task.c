/* SPDX-License-Identifier: MIT */
#include "dfn-task.h"

#include "dfn-report-pacer.h"
#include "dfn-source.h"

typedef struct {
  DfnMailbox *mailbox;
  DfnReportPacer *pacer; /* from the start to the stop */
} DfnTaskPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (DfnTask, dfn_task, G_TYPE_OBJECT)

static void
post_report (gpointer user_data)
{
  DfnTask *self = user_data;
  DfnTaskPrivate *priv = dfn_task_get_instance_private (self);

  DFN_TASK_GET_CLASS (self)->describe (self);
  dfn_mailbox_post (priv->mailbox, dfn_report_copy (self->report));
}

void
dfn_task_tell_now (DfnTask *self)
{
  DfnTaskPrivate *priv = dfn_task_get_instance_private (self);

  if (priv->pacer != NULL)
    dfn_report_pacer_now (priv->pacer);
}

void
dfn_task_tell_soon (DfnTask *self)
{
  DfnTaskPrivate *priv = dfn_task_get_instance_private (self);

  if (priv->pacer != NULL)
    dfn_report_pacer_soon (priv->pacer);
}

void
dfn_task_count_peers (DfnTask *self, gboolean is_last, const DfnSwarmCounts *counts)
{
  DfnSwarmReport **swarm = dfn_report_get_swarm (self->report);

  if (self->census == NULL)
    return;
  g_clear_pointer (swarm, dfn_swarm_report_unref);
  *swarm = dfn_peer_census_take (self->census, self->members,
                                 is_last ? G_MAXINT64 : g_get_monotonic_time (), counts);
}

GSource *
dfn_task_add_timer (DfnTask *self, guint milliseconds, GSourceFunc func)
{
  return dfn_source_attach (g_timeout_source_new (milliseconds),
                            g_main_context_get_thread_default (), func, self);
}

void
dfn_task_drop_object (DfnTask *self, GObject **object)
{
  if (*object == NULL)
    return;
  g_signal_handlers_disconnect_by_data (*object, self);
  g_object_run_dispose (*object);
  g_clear_object (object);
}

/* Others */

static void
on_newcomer (DfnSwarmMembers *members, DfnPeer *peer, DfnTask *self)
{
  if (DFN_TASK_GET_CLASS (self)->newcomer != NULL)
    DFN_TASK_GET_CLASS (self)->newcomer (self, peer);
}

static void
on_peer_added (DfnSwarmMembers *members, DfnPeer *peer, DfnTask *self)
{
  dfn_peer_census_add (self->census, peer);
  DFN_TASK_GET_CLASS (self)->peer_added (self, peer);
}

static void
on_peer_removed (DfnSwarmMembers *members, DfnPeer *peer, const GError *error, DfnTask *self)
{
  dfn_peer_census_remove (self->census, peer);
  DFN_TASK_GET_CLASS (self)->peer_removed (self, peer, error);
}

static void
on_problem (DfnSwarmMembers *members, const GError *error, DfnTask *self)
{
  if (DFN_TASK_GET_CLASS (self)->in_trouble != NULL)
    DFN_TASK_GET_CLASS (self)->in_trouble (self, error);
}

/* For events of finder and members alike. */
static void
on_event (gpointer source, DfnNostrEvent *event, DfnTask *self)
{
  if (DFN_TASK_GET_CLASS (self)->heard != NULL)
    DFN_TASK_GET_CLASS (self)->heard (self, event);
}

void
dfn_task_appear (DfnTask *self, DfnNostrKey *key)
{
  self->presence =
      key != NULL ? dfn_presence_new_with_key (self->ice, key) : dfn_presence_new (self->ice);
}

void
dfn_task_join (DfnTask *self, const guint8 id[DFN_WIRE_CONTENT_SIZE])
{
  self->members = dfn_presence_join (self->presence, id);
  if (self->max_links > 0)
    dfn_swarm_members_set_max_links (self->members, self->max_links);
  g_signal_connect (self->members, "newcomer", G_CALLBACK (on_newcomer), self);
  g_signal_connect (self->members, "peer-added", G_CALLBACK (on_peer_added), self);
  g_signal_connect (self->members, "peer-removed", G_CALLBACK (on_peer_removed), self);
  g_signal_connect (self->members, "problem", G_CALLBACK (on_problem), self);
  g_signal_connect (self->members, "announcement", G_CALLBACK (on_event), self);
}

/* Relays */

static void
on_announced (DfnPublication *publication, DfnTask *self)
{
  DFN_TASK_GET_CLASS (self)->announced (self);
}

static void
on_failed (gpointer source, const GError *error, DfnTask *self)
{
  DFN_TASK_GET_CLASS (self)->failed (self, error);
}

static void
on_relays_changed (gpointer source, DfnTask *self)
{
  DFN_TASK_GET_CLASS (self)->relays_changed (self);
}

void
dfn_task_find (DfnTask *self, const DfnAddress *address)
{
  self->finder = dfn_finder_new (self->presence, address, self->relays);
  g_signal_connect (self->finder, "found", G_CALLBACK (on_event), self);
  g_signal_connect (self->finder, "failed", G_CALLBACK (on_failed), self);
  g_signal_connect (self->finder, "changed", G_CALLBACK (on_relays_changed), self);
}

gboolean
dfn_task_publish (
    DfnTask *self, DfnAddress *address, guint renew_s, DfnPublicationSign sign, GError **error)
{
  self->publication = dfn_publication_new (self->presence, address, renew_s, sign, self);
  g_signal_connect (self->publication, "announced", G_CALLBACK (on_announced), self);
  g_signal_connect (self->publication, "failed", G_CALLBACK (on_failed), self);
  g_signal_connect (self->publication, "changed", G_CALLBACK (on_relays_changed), self);
  return dfn_publication_add_relays (self->publication, self->relays, error);
}

void
dfn_task_leave (DfnTask *self)
{
  dfn_task_drop (self, &self->finder);
  dfn_task_drop (self, &self->publication);
  if (self->members != NULL)
    g_signal_handlers_disconnect_by_data (self->members, self);
  self->members = NULL;
  g_clear_pointer (&self->census, dfn_peer_census_free);
  g_clear_object (&self->presence);
}

/* Life */

void
dfn_task_start (gpointer task)
{
  DfnTaskPrivate *priv = dfn_task_get_instance_private (task);

  priv->pacer = dfn_report_pacer_new (post_report, task);
  DFN_TASK_GET_CLASS (task)->start (task);
}

void
dfn_task_stop (gpointer task)
{
  DfnTaskPrivate *priv = dfn_task_get_instance_private (task);

  g_clear_pointer (&priv->pacer, dfn_report_pacer_free);
  DFN_TASK_GET_CLASS (task)->stop (task);
}

static void
dfn_task_constructed (GObject *object)
{
  G_OBJECT_CLASS (dfn_task_parent_class)->constructed (object);
  DFN_TASK (object)->report = dfn_report_new (DFN_TASK_GET_CLASS (object)->layout);
}

static void
dfn_task_finalize (GObject *object)
{
  DfnTask *self = DFN_TASK (object);
  DfnTaskPrivate *priv = dfn_task_get_instance_private (self);

  g_clear_pointer (&self->census, dfn_peer_census_free);
  dfn_report_free (self->report);
  g_object_unref (self->ice);
  g_strfreev (self->relays);
  dfn_mailbox_unref (priv->mailbox);
  G_OBJECT_CLASS (dfn_task_parent_class)->finalize (object);
}

static void
dfn_task_class_init (DfnTaskClass *klass)
{
  G_OBJECT_CLASS (klass)->constructed = dfn_task_constructed;
  G_OBJECT_CLASS (klass)->finalize = dfn_task_finalize;
}

static void
dfn_task_init (DfnTask *self)
{
  self->census = dfn_peer_census_new ();
}

gpointer
dfn_task_new (GType type, DfnNode *node, DfnMailbox *mailbox)
{
  DfnTask *self = g_object_new (type, NULL);
  DfnTaskPrivate *priv = dfn_task_get_instance_private (self);

  priv->mailbox = dfn_mailbox_ref (mailbox);
  self->relays = g_strdupv ((char **) dfn_node_get_relays (node));
  self->ice = dfn_ice_config_copy (dfn_node_get_ice_config (node));
  self->log = dfn_node_get_request_log (node);
  self->max_links = dfn_node_get_max_links (node);
  return self;
}
