/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-membership.h"

G_BEGIN_DECLS

/**
 * WorldNode:
 *
 * One program of a simulated swarm. A sybil takes every link, knocks at strangers' doors all the
 * time and names nobody but others of its kind.
 */
typedef struct {
  DfnMembership *membership; /* NULL before it starts and after it has gone */
  guint8 key[DFN_MEMBER_KEY_SIZE];
  gboolean is_sybil;
  gboolean is_idle; /* its links are of no use to others */
  gboolean hurries; /* it needs links at once */
  guint64 block;
  gint64 started_us;
  gint64 joined_us;  /* first link; -1 before */
  GHashTable *links; /* set of the numbers of its neighbours, as GUINT_TO_POINTER */
  guint n_relay_events;
  guint n_relay_refused;
  guint n_forwarded;
  guint n_lost_links;
} WorldNode;

/* A swarm in which time passes only in world_run(), everything by chance from one seed. */
typedef struct _World World;

/**
 * world_new:
 * @events_per_second: what the relay takes of one connection; 0 for any number
 * @burst: what it takes at once
 */
World *world_new (guint n_nodes, guint64 seed, double events_per_second, double burst);
void world_free (World *self);

WorldNode *world_get (World *self, guint n);
guint world_find (World *self, const guint8 *key);
gint64 world_now (World *self);

/* Starts node @n; it knows of @contact, if that is not its own number. */
void world_start (World *self, guint n, guint contact);
/* Node @n is gone without a word. */
void world_kill (World *self, guint n);
void world_set_relay (World *self, gboolean is_there);
void world_run (World *self, gint64 until_us);

/* How many nodes can be reached from @n over links, itself included. */
guint world_count_reachable (World *self, guint n);

G_END_DECLS
