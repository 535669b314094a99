/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-finder.h"
#include "dfn-mailbox.h"
#include "dfn-node.h"
#include "dfn-peer-census.h"
#include "dfn-publication.h"
#include "dfn-report.h"

G_BEGIN_DECLS

#define DFN_TYPE_TASK (dfn_task_get_type ())
#define DFN_TASK(object) G_TYPE_CHECK_INSTANCE_CAST (object, DFN_TYPE_TASK, DfnTask)
#define DFN_TASK_CLASS(klass) G_TYPE_CHECK_CLASS_CAST (klass, DFN_TYPE_TASK, DfnTaskClass)
#define DFN_TASK_GET_CLASS(object) G_TYPE_INSTANCE_GET_CLASS (object, DFN_TYPE_TASK, DfnTaskClass)

/**
 * DfnTask:
 * @relays: (array zero-terminated=1): that the user named
 * @ice: how paths are found
 * @log: (nullable): the node's
 * @max_links: of peers, 0 for as many as a swarm needs
 * @report: of the kind that the final class names; it is copied whenever something is told
 * @presence: (nullable): where others meet it, from dfn_task_appear() on
 * @members: (nullable): the presence's, from dfn_task_join() on
 * @finder: (nullable): from dfn_task_find() on
 * @publication: (nullable): from dfn_task_publish() on
 * @census: (nullable): counts peers, until dfn_task_leave()
 *
 * The working half of a #DfnSession: it does its work on the engine's thread and tells of it by
 * snapshots. What is in here is for final classes alone.
 */
typedef struct {
  GObject parent_instance;

  char **relays;
  DfnIceConfig *ice;
  DfnRequestLog *log;
  guint max_links;
  gpointer report;

  DfnPresence *presence;
  DfnSwarmMembers *members;
  DfnFinder *finder;
  DfnPublication *publication;
  DfnPeerCensus *census;
} DfnTask;

/**
 * DfnTaskClass:
 * @layout: of its snapshots
 * @start: begins the work
 * @stop: ends it; nothing is told any more
 * @describe: brings the snapshot up to date, before it is told
 * @newcomer: (nullable): somebody who has nothing will be met at once
 * @peer_added: somebody was met
 * @peer_removed: somebody is gone
 * @in_trouble: (nullable): somebody could not be met
 * @heard: (nullable): an event that a relay or a member has for the announcement that was looked
 *   for; the latter's may be anything
 * @announced: (nullable): the link is good
 * @failed: the announcement was not found, or no relay takes it; a #DfnEngineError or another
 * @relays_changed: what is in the way of talking with relays is another
 *
 * A final class that looks for nothing, or publishes nothing, needs not all of it.
 */
typedef struct {
  GObjectClass parent_class;

  const DfnReportLayout *layout;
  void (*start) (DfnTask *self);
  void (*stop) (DfnTask *self);
  void (*describe) (DfnTask *self);
  void (*newcomer) (DfnTask *self, DfnPeer *peer);
  void (*peer_added) (DfnTask *self, DfnPeer *peer);
  void (*peer_removed) (DfnTask *self, DfnPeer *peer, const GError *error);
  void (*in_trouble) (DfnTask *self, const GError *error);
  void (*heard) (DfnTask *self, DfnNostrEvent *event);
  void (*announced) (DfnTask *self);
  void (*failed) (DfnTask *self, const GError *error);
  void (*relays_changed) (DfnTask *self);
} DfnTaskClass;

GType dfn_task_get_type (void);

/**
 * dfn_task_new:
 * @type: of the final class
 * @node: whose settings it takes
 * @mailbox: gets the snapshots
 *
 * Made on any thread; everything else happens on the engine's.
 *
 * Returns: (transfer full): a task that has done nothing yet
 */
gpointer dfn_task_new (GType type, DfnNode *node, DfnMailbox *mailbox);

/* For dfn_node_start_task() and dfn_node_stop_task(). */
void dfn_task_start (gpointer task);
void dfn_task_stop (gpointer task);

/* Tells of it at once, or in a moment together with what else happens; after the stop not at all.
 */
void dfn_task_tell_now (DfnTask *self);
void dfn_task_tell_soon (DfnTask *self);

/**
 * dfn_task_count_peers:
 * @is_last: whether nothing is told after this
 * @counts: of chunks
 *
 * Puts what is known of peers into the snapshot.
 */
void dfn_task_count_peers (DfnTask *self, gboolean is_last, const DfnSwarmCounts *counts);

/* Connects @func, with the task as its data, to a timer. Returns: (transfer full): the timer. */
GSource *dfn_task_add_timer (DfnTask *self, guint milliseconds, GSourceFunc func);

/* Disposes of *@object, a GObject or %NULL, and hears of it no more. */
#define dfn_task_drop(self, object) dfn_task_drop_object (DFN_TASK (self), (GObject **) (object))
void dfn_task_drop_object (DfnTask *self, GObject **object);

/* Makes it possible to meet others. @key: (nullable): that signals go to, instead of a new one */
void dfn_task_appear (DfnTask *self, DfnNostrKey *key);

/* Becomes a member of the swarm with this id, and counts whom it meets there; it meets nobody
 * before dfn_swarm_members_start(). */
void dfn_task_join (DfnTask *self, const guint8 id[DFN_WIRE_CONTENT_SIZE]);

/* Looks for the announcement that a link means. */
void dfn_task_find (DfnTask *self, const DfnAddress *address);

/**
 * dfn_task_publish:
 * @address: (transfer full): where the announcement is, without relays
 * @renew_s: seconds from one to the next
 * @sign: makes the event, with the task as its data
 *
 * Prepares the publication of an announcement, at the relays that the user named.
 *
 * Returns: %FALSE with an error if one of them cannot be used
 */
gboolean dfn_task_publish (
    DfnTask *self, DfnAddress *address, guint renew_s, DfnPublicationSign sign, GError **error);

/* Meets nobody any more, and neither looks for anything nor publishes it. */
void dfn_task_leave (DfnTask *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnTask, g_object_unref)

G_END_DECLS
