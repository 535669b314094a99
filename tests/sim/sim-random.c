/* SPDX-License-Identifier: MIT */
#include "sim-random.h"

#include <math.h>

void
sim_random_init (SimRandom *self, guint64 seed)
{
  /* One step of splitmix64, so that near seeds are far apart; the state must not be 0. */
  guint64 z = seed + G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  self->state = (z ^ (z >> 31)) | 1;
}

guint64
sim_random_next (SimRandom *self)
{
  guint64 x = self->state;

  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  self->state = x;
  return x * G_GUINT64_CONSTANT (0x2545f4914f6cdd1d);
}

guint32
sim_random_below (SimRandom *self, guint32 bound)
{
  return (guint32) (((sim_random_next (self) >> 32) * bound) >> 32);
}

double
sim_random_unit (SimRandom *self)
{
  return (double) (sim_random_next (self) >> 11) / 9007199254740992.0;
}

double
sim_random_exponential (SimRandom *self, double mean)
{
  return -mean * log (1 - sim_random_unit (self));
}

guint
sim_random_count (SimRandom *self, guint n, double p)
{
  double left = sim_random_unit (self), probability;
  guint count = 0;

  if (p <= 0)
    return 0;
  probability = pow (1 - p, n);
  while (left >= probability && count < n)
    {
      left -= probability;
      probability *= (double) (n - count) / (count + 1) * p / (1 - p);
      count++;
    }
  return count;
}
