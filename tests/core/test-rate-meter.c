/* SPDX-License-Identifier: MIT */
#include "dfn-rate-meter.h"

#define START (G_GINT64_CONSTANT (1000) * G_USEC_PER_SEC)

static void
test_steady (void)
{
  DfnRateMeter meter = { 0 };
  gint64 now = START;

  g_assert_cmpfloat (dfn_rate_meter_get (&meter, now), ==, 0);
  for (guint i = 0; i < 1000; i++, now += 10000)
    dfn_rate_meter_add (&meter, 1000, now);
  g_assert_cmpfloat_with_epsilon (dfn_rate_meter_get (&meter, now), 100000, 3000);
}

static void
test_start_and_silence (void)
{
  DfnRateMeter meter = { 0 };

  dfn_rate_meter_add (&meter, 50000, START);
  g_assert_cmpfloat_with_epsilon (dfn_rate_meter_get (&meter, START + G_USEC_PER_SEC / 2), 100000,
                                  1);
  g_assert_cmpfloat (dfn_rate_meter_get (&meter, START + 3 * G_USEC_PER_SEC), >, 0);
  g_assert_cmpfloat (dfn_rate_meter_get (&meter, START + 10 * G_USEC_PER_SEC), ==, 0);
  g_assert_cmpfloat (dfn_rate_meter_get (&meter, 1000 * START), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/rate-meter/steady", test_steady);
  g_test_add_func ("/core/rate-meter/start-and-silence", test_start_and_silence);
  return g_test_run ();
}
