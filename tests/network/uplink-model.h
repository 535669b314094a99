/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-uplink-bucket.h"
#include "dfn-uplink-estimate.h"
#include "dfn-uplink-turns.h"

G_BEGIN_DECLS

/* A home uplink with a drop-tail queue, as many saturated senders as wanted under one governor, and
 * perhaps a TCP flow beside them. Time goes on in steps; nothing is random but what the seed
 * says. */

#define UPLINK_MODEL_MAX_SENDERS 32
#define UPLINK_MODEL_STEP_US 200

typedef enum {
  UPLINK_TCP_NONE,
  UPLINK_TCP_CUBIC,
  UPLINK_TCP_BBR,
} UplinkTcp;

typedef struct {
  guint owner; /* a sender's number, or UPLINK_MODEL_MAX_SENDERS for TCP */
  guint size;
  gint64 sent_us;
  gint64 known_us; /* when its sender hears of it */
  gboolean is_lost;
  guint64 delivered; /* by its owner when it was sent */
} UplinkPacket;

typedef struct {
  DfnUplinkTurn turn;
  DfnUplinkPath *path;
  gboolean is_on;
  gint64 rtt_us;
  gint64 start_us;
  double loss;
  gint64 deadline_us;
  double window; /* what its own congestion control allows in flight: half of it after a loss */
  double most;   /* never more than this */
  gboolean is_starting;
  gint64 lost_us;
  guint64 sent;
  guint64 in_flight;
  guint64 acked;
  guint64 delivered;
  guint64 left;     /* of the chunk that it sends, where there are chunks */
  gint64 back_us;   /* the longest queue in front of the receiver's own uplink */
  double back_step; /* how fast that one comes and goes */
  GQueue on_way;    /* of UplinkPacket, in the order in which they will be known */
} UplinkSender;

typedef struct {
  UplinkTcp kind;
  gint64 rtt_us;
  double window; /* bytes */
  double most_before_loss;
  gint64 lost_us;
  gboolean is_starting;
  double rate; /* BBR: bytes a second */
  double rates[10];
  guint round;
  gint64 round_us;
  gint64 next_us;
  gint64 shortest_us;
  guint64 in_flight;
  guint64 delivered;
  GQueue on_way;
} UplinkFlow;

typedef struct {
  DfnUplinkEstimate *estimate;
  DfnUplinkBucket bucket;
  DfnUplinkTurns *turns;
  gboolean is_governed;
  double limit;
  GRand *random;

  gint64 now_us;
  double capacity;    /* bytes a second */
  gint64 queue_us;    /* the longest queue */
  GQueue queue;       /* of UplinkPacket */
  guint64 queued;     /* bytes */
  double credit;      /* bytes that the uplink may serve now */
  gboolean is_halted; /* a blackout */

  UplinkSender senders[UPLINK_MODEL_MAX_SENDERS];
  guint n_senders;
  UplinkFlow tcp;
  guint64 chunk; /* bytes: two senders at a time send so many each, then others; 0: all send */
  guint turn;    /* whose chunk was the last */

  /* Since uplink_model_watch(). */
  gint64 watched_us;
  guint64 served;     /* bytes, of everybody */
  guint64 tcp_served; /* of these TCP's */
  GArray *delays;     /* of gint64: the queue at each 10 ms */
  guint64 most_in_window;
} UplinkModel;

/* @capacity: bytes a second; @queue_us: the longest queue at that rate */
UplinkModel *uplink_model_new (guint n_senders, double capacity, gint64 queue_us);
void uplink_model_free (UplinkModel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UplinkModel, uplink_model_free)

void uplink_model_start_tcp (UplinkModel *self, UplinkTcp kind, gint64 rtt_us);
/* Lets time pass. */
void uplink_model_run (UplinkModel *self, double seconds);
/* Starts to count anew. */
void uplink_model_watch (UplinkModel *self);
double uplink_model_get_utilisation (UplinkModel *self);
/* What TCP got of the capacity. */
double uplink_model_get_tcp_share (UplinkModel *self);
/* @share: 0.5 for the median. Returns: milliseconds */
double uplink_model_get_delay (UplinkModel *self, double share);

G_END_DECLS
