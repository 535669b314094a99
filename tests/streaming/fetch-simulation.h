/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-fetch-plan.h"

G_BEGIN_DECLS

/*
 * A fetch plan against simulated peers, with a clock of its own, queues of bytes and fixed seeds.
 * Times are microseconds.
 */

#define MS 1000
#define S 1000000
#define MIB (1024 * 1024)
#define FETCH_SIMULATION_MAX_PEERS 16

typedef struct {
  guint32 index;
  gint64 arrives_us;
  gboolean is_abandoned;
  double due; /* of a parallel peer: its progress when this answer is whole */
} SimulatedAnswer;

/* A peer answers in order at its rate; one way takes half its round trip. */
typedef struct {
  guint64 id;
  double rate; /* bytes/s */
  gint64 rtt_us;
  gint64 silent_from_us; /* loses everything that would arrive from then on */
  gint64 silent_until_us;
  gint64 gone_at_us;
  gint64 slower_at_us; /* its round trip is ten times as long from then on */
  guint corrupt_percent;
  gboolean is_gone;
  gboolean is_parallel; /* answers everything at once, each at its share of the rate */
  double progress;      /* bytes of each answer under way that it has sent since it began */
  gint64 progress_us;   /* when that was so */
  gint64 free_us;       /* when its queue is empty */
  GArray *answers;      /* SimulatedAnswer */
  guint64 n_sent;
} SimulatedPeer;

typedef struct {
  DfnFetchPlan *plan;
  guint32 n_chunks;
  guint64 size;
  gint64 now_us;
  SimulatedPeer peers[FETCH_SIMULATION_MAX_PEERS];
  guint n_peers;
  guint *n_arrived; /* a chunk */
  guint *n_asked;   /* a chunk */
  GRand *random;
  gsize most_outstanding;
} FetchSimulation;

FetchSimulation *fetch_simulation_new (guint64 size);
void fetch_simulation_free (FetchSimulation *self);

/* A peer that has everything; its other fields may be set before the simulation runs. */
SimulatedPeer *fetch_simulation_add_peer (FetchSimulation *self, double mbit, gint64 rtt_us);

/* Runs until all is here, or @limit_us; returns whether all is. */
gboolean fetch_simulation_run (FetchSimulation *self, gint64 limit_us);

void fetch_simulation_assert_each_once (FetchSimulation *self);
void fetch_simulation_assert_each_here (FetchSimulation *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchSimulation, fetch_simulation_free)

G_END_DECLS
