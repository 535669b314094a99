/* SPDX-License-Identifier: MIT */
#pragma once

/* Shared by dfn-live-swarm.c (life, epochs, playing), dfn-live-swarm-take.c (what comes from
 * peers), dfn-live-swarm-give.c (what goes to them), dfn-live-swarm-past.c (what was before we
 * came) and dfn-live-swarm-stats.c, nobody else. */

#include "dfn-delay-record.h"
#include "dfn-live-past.h"
#include "dfn-live-requests.h"
#include "dfn-live-swarm.h"
#include "dfn-live-talk.h"

G_BEGIN_DECLS

/* Nominal; what is cut from a stream has between a packet and as many bytes. */
#define DFN_LIVE_SWARM_CHUNK_SIZE 16384
/* Chunks of the past under way to or from one member: enough for a path of 100 ms. */
#define DFN_LIVE_SWARM_MAX_PAST 4

typedef struct {
  DfnLiveTalk *talk;
  guint64 id;
  gboolean is_source; /* makes the chunks, and needs none */
  /* Sequences of the past that it is being given. */
  guint32 past[DFN_LIVE_SWARM_MAX_PAST];
  guint n_past;
  guint n_past_asked;  /* chunks of the past that it was asked for */
  gint64 past_wait_us; /* until then it has enough to do */
} DfnLiveMember;

/* Going back to what was before we came; see dfn-live-swarm-past.c. */
typedef struct {
  gint64 behind_us; /* as it is wanted, while there is nothing yet to go back from */
  gint64 wanted_us; /* the time of capture that is looked for */
  gint64 deadline_us;
  DfnLivePast *search;  /* until it is found */
  GHashTable *asked;    /* sequence: DfnLiveMember, of track 0 */
  GHashTable *refusals; /* owned sequence and id of a member that has not got it */
  gint64 retry_us;
  gboolean is_fetching; /* what is needed and not here is asked for */
  gboolean has_first;   /* a chunk has come by itself */
} DfnLiveBack;

struct _DfnLiveSwarm {
  GObject parent_instance;

  guint8 id[DFN_LIVE_STREAM_ID_SIZE];
  gboolean is_source;
  gint64 window_us;
  guint64 max_bytes;

  /* Of the present epoch; all NULL before the first. */
  DfnLiveManifest *manifest;
  DfnLiveScheduler *scheduler;
  DfnLiveStore *store;
  DfnPlayout *playout; /* NULL at a source */
  GCancellable *epoch_cancellable;
  guint32 next_sequence[DFN_WIRE_MAX_TRACKS];
  GHashTable *reading;   /* sequences that are being read from the store, to be played */
  gint64 edge_us;        /* capture time of the newest chunk that verified */
  gint64 edge_heard_us;  /* of the newest one that a peer says there is */
  guint32 join_sequence; /* the newest chunk of the first track that playing can begin with */
  gboolean has_join;

  GHashTable *members; /* DfnPeer: owned DfnLiveMember */
  DfnLiveRequests *requests;
  guint64 next_member;
  guint64 uplink;
  gboolean is_held;
  GSource *timer;
  gboolean is_woken;
  gint64 paths_us; /* when the paths were looked at last */

  DfnLiveBack back;

  DfnDelayRecord delays;
  DfnLiveSwarmStats stats;
};

enum {
  DFN_LIVE_SWARM_SIGNAL_CHUNK,
  DFN_LIVE_SWARM_SIGNAL_RECEIVED,
  DFN_LIVE_SWARM_SIGNAL_GAVE,
  DFN_LIVE_SWARM_SIGNAL_TOOK,
  DFN_LIVE_SWARM_SIGNAL_BROKE,
  DFN_LIVE_SWARM_SIGNAL_MISBEHAVED,
  DFN_LIVE_SWARM_SIGNAL_ENDED,
  DFN_LIVE_SWARM_SIGNAL_NOTICE,
  DFN_LIVE_SWARM_N_SIGNALS
};

extern guint dfn_live_swarm_signals[DFN_LIVE_SWARM_N_SIGNALS];

/* Everything that happens only notes what it means; what is to be done is done in one place, when
 * the callbacks that brought it have returned. */
void dfn_live_swarm_wake (DfnLiveSwarm *self);
DfnLiveMember *dfn_live_swarm_find_member (DfnLiveSwarm *self, DfnLiveTalk *talk);

/* Stores a verified chunk, and has it played. */
void dfn_live_swarm_keep (DfnLiveSwarm *self, gint64 now_us, DfnLiveChunk *chunk);

/* The broadcaster's clock in ours: the best that a chunk has done between capture and arrival. */
gint64 dfn_live_swarm_to_local (DfnLiveSwarm *self, gint64 now_us, gint64 captured_us);

/* Functions of a DfnLiveTalkHandler. */
void
dfn_live_swarm_take_update (DfnLiveTalk *talk, const Dfn__LiveUpdate *update, gpointer user_data);
gboolean dfn_live_swarm_wants (DfnLiveTalk *talk, const DfnLiveHeader *header, gpointer user_data);
void dfn_live_swarm_take_chunk (DfnLiveTalk *talk,
                                DfnChunkId id,
                                const DfnLiveHeader *header,
                                GBytes *payload,
                                gpointer user_data);
void dfn_live_swarm_take_failure (DfnLiveTalk *talk,
                                  DfnChunkId id,
                                  DfnLiveFailure failure,
                                  gpointer user_data);
void dfn_live_swarm_take_request (DfnLiveTalk *talk, DfnChunkId id, gpointer user_data);
void
dfn_live_swarm_take_sent (DfnLiveTalk *talk, DfnChunkId id, gboolean has_left, gpointer user_data);
void dfn_live_swarm_take_withdrawal (DfnLiveTalk *talk, DfnChunkId id, gpointer user_data);

/* Adds what the present epoch's playout counted to the sums, before it goes. */
void dfn_live_swarm_sum_epoch (DfnLiveSwarm *self);
void dfn_live_swarm_install_properties (GObjectClass *klass);

/* Has the scheduler know what a new member was given before it was one. */
void dfn_live_swarm_note_welcome (DfnLiveSwarm *self, DfnLiveMember *member);

/* Does what the scheduler says. */
void dfn_live_swarm_perform (DfnLiveSwarm *self, gint64 now_us, const DfnLiveAction *action);

/* A chunk has come by itself: the first one is where going back begins. */
void dfn_live_swarm_note_live (DfnLiveSwarm *self, gint64 now_us, const DfnLiveHeader *header);

/* Asks for what is needed. Returns: whether something can be played meanwhile */
gboolean dfn_live_swarm_go_on_back (DfnLiveSwarm *self, gint64 now_us);

/* A verified chunk came, or it does not come. Return: whether it was one of the past */
gboolean dfn_live_swarm_take_past (DfnLiveSwarm *self,
                                   gint64 now_us,
                                   DfnLiveMember *member,
                                   DfnLiveChunk *chunk);
gboolean dfn_live_swarm_take_past_failure (DfnLiveSwarm *self,
                                           DfnLiveMember *member,
                                           DfnChunkId id,
                                           DfnLiveFailure failure);
/* Returns: when dfn_live_swarm_go_on_back() may have something to do, at the latest */
gint64 dfn_live_swarm_get_back_wakeup (DfnLiveSwarm *self);

/* @member goes. */
void dfn_live_swarm_forget_past_of (DfnLiveSwarm *self, DfnLiveMember *member);

void dfn_live_swarm_init_back (DfnLiveSwarm *self);
/* The epoch ends; what is wanted afterwards is the live edge, unless nothing has come yet. */
void dfn_live_swarm_reset_back (DfnLiveSwarm *self);
void dfn_live_swarm_free_back (DfnLiveSwarm *self);

G_END_DECLS
