/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is to happen, in the order of time; of two at the same time the one added first. */
typedef struct {
  gint64 at_us;
  guint64 order; /* set by sim_events_add() */
  guint64 cookie;
  guint32 kind;
  guint32 node;
  guint32 life;
  guint32 other;
  guint32 other_life;
  guint32 handle;
} SimEvent;

typedef struct _SimEvents SimEvents;

SimEvents *sim_events_new (void);
void sim_events_free (SimEvents *self);
void sim_events_add (SimEvents *self, const SimEvent *event);
/* The time of the first, %G_MAXINT64 if there is none. */
gint64 sim_events_peek (SimEvents *self);
/* There must be one. */
void sim_events_take (SimEvents *self, SimEvent *event);

G_END_DECLS
