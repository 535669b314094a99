/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Seeded random numbers of the simulator (xorshift64*, Vigna 2016): fast, small, the same on every
 * machine.
 */
typedef struct {
  guint64 state;
} SimRandom;

/* Any seed will do; different ones give unrelated sequences. */
void sim_random_init (SimRandom *self, guint64 seed);

guint64 sim_random_next (SimRandom *self);

/* Below @bound, which is at least 1. */
guint32 sim_random_below (SimRandom *self, guint32 bound);

/* From 0 (inclusive) to 1 (exclusive). */
double sim_random_unit (SimRandom *self);

/* Exponentially distributed with this mean. */
double sim_random_exponential (SimRandom *self, double mean);

/* How many of @n things happen that each happen with probability @p, for small @p. */
guint sim_random_count (SimRandom *self, guint n, double p);

G_END_DECLS
