/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-peer.h"
#include "dfn-live-scheduler.h"
#include "dfn-live-window.h"

G_BEGIN_DECLS

/* What is under way from here at most, and answers that wait to be fetched. */
#define DFN_LIVE_MAX_OUT 32
#define DFN_LIVE_MAX_REPLIES 512
/* Chunks that one offer names; the receiver picks one of them. */
#define DFN_LIVE_OFFER_CHOICE 12
/* Offers that wait for an answer until the next round. */
#define DFN_LIVE_MAX_OFFERS 256

/**
 * DfnLiveOutState: how far a chunk on its way to a peer is
 * @DFN_LIVE_OUT_OFFERED: it has not answered yet
 * @DFN_LIVE_OUT_READY: it wants it
 * @DFN_LIVE_OUT_SENDING: the network has it
 */
typedef enum {
  DFN_LIVE_OUT_OFFERED,
  DFN_LIVE_OUT_READY,
  DFN_LIVE_OUT_SENDING,
} DfnLiveOutState;

typedef struct {
  DfnLiveOutState state;
  guint8 peer;
  gboolean is_request;
  guint n_ids; /* more than one while it is an offer to choose from */
  DfnChunkId ids[DFN_LIVE_OFFER_CHOICE];
  guint32 size;
  gint64 since_us;
} DfnLiveOut;

/* An offer that we got. */
typedef struct {
  guint8 peer;
  DfnChunkId id;
  guint32 size;
} DfnLiveOffer;

struct _DfnLiveScheduler {
  DfnLiveSchedulerConfig config;
  guint64 random;
  guint64 tracks_wanted;
  DfnLiveTrack *tracks[DFN_LIVE_SCHEDULER_MAX_TRACKS]; /* NULL where not wanted */
  DfnLivePeer peers[DFN_LIVE_SCHEDULER_MAX_PEERS];
  guint64 used;    /* places in use, and not banned */
  guint64 liars;   /* who said to have what the source had not made */
  guint64 touched; /* whom this round's actions go to */

  DfnLiveAction replies[DFN_LIVE_MAX_REPLIES]; /* a ring */
  guint replies_first, n_replies;
  DfnLiveOffer offers[DFN_LIVE_MAX_OFFERS];
  guint n_offers;

  DfnLiveOut outs[DFN_LIVE_MAX_OUT];
  guint n_outs, n_sending, n_ready, n_offered;
  gint64 busy_until_us;          /* when what the network has will have left */
  double accept_ratio;           /* of our offers that were answered, how many were accepted */
  gboolean has_nothing_to_offer; /* until something changes */
  gboolean has_nothing_young;    /* the same of what is pushed without asking */
  double extra_copies;           /* that the source may make, of what it saved */
  double delay_us;               /* from capture to arrival, smoothed, 0 while unknown */

  double shown_us; /* from a copy given to it being shown by others, smoothed */
  double shown_dev_us;

  gint64 next_tell_us;
  gint64 next_pull_us;
  gint64 next_offer_us;
  gint64 next_coming_us; /* when a chunk that is coming can be offered */
  gint64 next_judge_us;  /* when somebody was to have shown that he passes on */
  DfnLiveStats stats;
};

/* dfn-live-scheduler.c */
DfnLivePeer *dfn_live_scheduler_find_peer (DfnLiveScheduler *self, guint64 id, guint8 *place);
DfnLiveTrack *dfn_live_scheduler_get_track (DfnLiveScheduler *self, guint32 number);
DfnLiveEntry *dfn_live_scheduler_find (DfnLiveScheduler *self, DfnChunkId id);
/* As of the track, with the counts of peers kept right. */
DfnLiveEntry *dfn_live_scheduler_touch (DfnLiveScheduler *self,
                                        DfnLiveTrack *track,
                                        gint64 now_us,
                                        guint64 sequence);
DfnLiveEntry *dfn_live_scheduler_anchor (DfnLiveScheduler *self,
                                         DfnLiveTrack *track,
                                         guint64 sequence,
                                         gint64 captured_us);
void dfn_live_scheduler_reply (
    DfnLiveScheduler *self, DfnLiveActionType type, guint8 place, DfnChunkId id, guint32 size);
double dfn_live_scheduler_random (DfnLiveScheduler *self);
gint64 dfn_live_scheduler_get_due_us (DfnLiveScheduler *self, const DfnLiveEntry *entry);
void dfn_live_scheduler_note_has (DfnLiveScheduler *self, DfnLiveEntry *entry, guint8 place);

/* dfn-live-scheduler-choose.c: what is given next, and to whom */

/* One copy more, or one less, of a chunk. */
void dfn_live_scheduler_count_copy (DfnLiveScheduler *self, DfnLiveEntry *entry, int by);
/* A chunk has come, and can be given to others. */
void dfn_live_scheduler_began_to_have (DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry);
/* Its first bytes have: it is offered so early that the answers are here when the chunk is. */
void dfn_live_scheduler_note_coming (DfnLiveScheduler *self,
                                     gint64 now_us,
                                     DfnLiveEntry *entry,
                                     guint8 place);
gboolean dfn_live_scheduler_is_coming (const DfnLiveEntry *entry);
/* What is smallest goes first. */
gint64 dfn_live_scheduler_get_order (DfnLiveScheduler *self, const DfnLiveEntry *entry);
/* (nullable): the chunk to be offered, or pushed unasked, next, and who could get it. */
DfnLiveEntry *dfn_live_scheduler_choose_chunk (DfnLiveScheduler *self,
                                               gint64 now_us,
                                               gboolean is_unasked,
                                               guint32 *track_number,
                                               guint64 *candidates);
/* (nullable): the next that could be offered to the same peer. */
DfnLiveEntry *dfn_live_scheduler_choose_other (DfnLiveScheduler *self,
                                               gint64 now_us,
                                               guint32 track_number,
                                               guint8 place);
/* Whether a peer is served before those who only take. */
gboolean dfn_live_scheduler_is_giver (DfnLiveScheduler *self, gint64 now_us, guint8 place);
guint8 dfn_live_scheduler_choose_peer (DfnLiveScheduler *self,
                                       gint64 now_us,
                                       guint32 track,
                                       guint64 candidates,
                                       const DfnLiveEntry *entry);

/* dfn-live-scheduler-send.c: what we offer and send */
double dfn_live_scheduler_get_uplink (DfnLiveScheduler *self);
gint64 dfn_live_scheduler_get_send_us (DfnLiveScheduler *self, guint32 size);
gboolean
dfn_live_scheduler_next_send (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action);
gboolean
dfn_live_scheduler_next_offer (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action);
gint64 dfn_live_scheduler_get_send_wakeup (DfnLiveScheduler *self, gint64 now_us);
/* A peer does not want what we were to send. */
void
dfn_live_scheduler_cancel_out (DfnLiveScheduler *self, gint64 now_us, guint8 place, DfnChunkId id);
void dfn_live_scheduler_drop_outs (DfnLiveScheduler *self, gint64 now_us, guint8 place);

/* dfn-live-scheduler-receive.c: what we accept and request */
gboolean
dfn_live_scheduler_next_request (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action);
void dfn_live_scheduler_answer_offers (DfnLiveScheduler *self, gint64 now_us);
void dfn_live_scheduler_drop_claims (DfnLiveScheduler *self, gint64 now_us, guint8 place);

/* dfn-live-scheduler-prove.c: what the source learns of who passes on */

/* A copy has left. */
void dfn_live_scheduler_note_given (
    DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry, guint8 place, gboolean is_request);
/* A peer is gone; what it alone was given is given again. */
void dfn_live_scheduler_forget_trials (DfnLiveScheduler *self, DfnLiveEntry *entry, guint8 place);
/* A peer said that it has a chunk. */
void dfn_live_scheduler_note_shown (DfnLiveScheduler *self,
                                    gint64 now_us,
                                    const DfnLiveEntry *entry,
                                    guint8 place);
/* Trusts those whose chunks are shown by others more, the others less, whose chunks are given
 * again.
 */
void dfn_live_scheduler_judge (DfnLiveScheduler *self, gint64 now_us);
/* Whether the source has to give a copy of a chunk: nobody has it of whom it can be hoped that he
 * passes it on, or one who has not shown that yet. */
gboolean
dfn_live_scheduler_needs_copy (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry);
/* Whether it may give another of what it saved. */
gboolean
dfn_live_scheduler_may_have_copy (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry);
/* What the source makes of its trust in a peer when it chooses: 0 to 1. */
double dfn_live_scheduler_get_standing (DfnLiveScheduler *self,
                                        gint64 now_us,
                                        DfnLivePeer *peer,
                                        const DfnLiveEntry *entry);

/* dfn-live-scheduler-tell.c: what we tell others that we have */
void
dfn_live_scheduler_mark_untold (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry);
gboolean
dfn_live_scheduler_next_have (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action);

G_END_DECLS
