/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-scheduler.h"
#include "sim-live.h"

G_BEGIN_DECLS

#define S 1000000
#define CHUNK_HEADER 170 /* the signed header before a chunk's payload */
#define UPDATE_BASE 9    /* Frame and LiveUpdate without content, but for the uplink */
/* The source plays nothing, and does not know how far others are behind. */
#define SOURCE_BUFFER_US (5 * S)
#define DETECT_US (2 * S)
#define CONNECT_US 250000
#define CHURN_US (5 * S)
#define MAX_NEIGHBOURS 24
#define N_DELAYS 20000 /* bins of a millisecond */

typedef enum {
  TIMER_WAKE,
  TIMER_CHUNK,
  TIMER_CHURN,
  TIMER_DEATH,
  TIMER_LOST, /* a neighbour's silence was noticed */
  TIMER_JOIN,
  TIMER_CONNECT,
  TIMER_FLOOD,
} TimerKind;

typedef struct {
  guint8 type; /* DfnLiveActionType */
  guint8 track;
  guint32 sequence;
  guint32 size;
  guint64 have;
} Item;

#define BATCH_ITEMS 24
typedef struct {
  guint32 next_free;
  guint32 to;
  guint n;
  guint bytes;
  Item items[BATCH_ITEMS];
} Batch;

typedef struct {
  DfnLiveScheduler *scheduler;
  guint64 uplink;
  gboolean is_free_rider, is_polluter, is_claimer, is_flooder, is_liar;
  guint n_neighbours;
  guint32 neighbours[MAX_NEIGHBOURS];
  guint32 lives[MAX_NEIGHBOURS];
  gint64 wake_us;
  gint64 joined_us;
  GArray *in_time; /* gint64: when the chunks that came in time were captured */
  struct {
    guint32 handle;
    guint64 cookie;
  } sends[4];
  guint n_sends;
} Member;

typedef struct {
  gint64 captured_us;
  guint32 size;
} Chunk;

typedef struct {
  SimLiveSettings settings;
  SimLiveResult *result;
  SimNetwork *network;
  SimRandom random;
  guint n_members;
  Member *members;
  GArray *chunks;  /* Chunk */
  GArray *batches; /* Batch */
  guint32 free_batches;
  guint32 open[MAX_NEIGHBOURS + 8]; /* batches of the present round */
  guint n_open;
  gint64 slot_us, buffer_us, end_us, warm_us;
  double busy_at_end, busy_at_warm;
  guint64 chunk_size;
  guint32 delays[N_DELAYS];
  guint64 n_delays, max_delay;
  guint64 n_arrived, n_duplicates;
  guint64 n_stalled, n_judged;
  DfnLiveStats totals;
} Sim;

#define NONE G_MAXUINT32

/* How the scheduler names a member: its index, and above that its life. */
guint64 sim_live_peer_id (Sim *sim, guint32 node);

/* sim-live-talk.c: does what the schedulers say, and tells them what arrives */
void sim_live_say_alone (Sim *sim, guint32 from, guint32 to, const DfnLiveAction *action);
void sim_live_drain (Sim *sim, guint32 node);
void sim_live_on_left (gpointer user, guint32 from, guint64 cookie);
void sim_live_on_begun (gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie);
void
sim_live_on_arrived (gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie);
void sim_live_on_datagram (
    gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie, gboolean is_lost);

/* sim-live-members.c: who there is, and who knows whom */
void sim_live_choose_kinds (Sim *sim);
void sim_live_set_rate (Sim *sim);
void sim_live_start_member (Sim *sim, guint32 node);
void sim_live_replace_member (Sim *sim, guint32 node);
void sim_live_find_neighbours (Sim *sim, guint32 node, guint wanted);
void sim_live_notice_lost (Sim *sim, guint32 node, guint32 lost);

/* sim-live-report.c: what came of it */

void sim_live_judge (Sim *sim, guint32 node, gint64 until_us);
void sim_live_count_arrival (Sim *sim, guint32 node, const Chunk *chunk, gboolean is_new);
gsize sim_live_count_memory (Sim *sim);
double sim_live_count_busy (Sim *sim);
void sim_live_sum_up (Sim *sim);

G_END_DECLS
