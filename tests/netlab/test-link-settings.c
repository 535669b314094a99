/* SPDX-License-Identifier: MIT */
#include "link-settings.h"

#include <math.h>

#include <glib/gstdio.h>

static void
set (LinkSettings *settings, const char *key, const char *value)
{
  g_autoptr (GError) error = NULL;

  link_settings_set (settings, key, value, &error);
  g_assert_no_error (error);
}

static void
test_values (void)
{
  LinkSettings settings;

  link_settings_init (&settings);
  g_assert_true (isinf (settings.rate));
  set (&settings, "rate", "50mbit");
  g_assert_cmpfloat (settings.rate, ==, 6.25e6);
  set (&settings, "rate", "2mbyte");
  g_assert_cmpfloat (settings.rate, ==, 2e6);
  set (&settings, "rate", "0");
  g_assert_cmpfloat (settings.rate, ==, 0);
  set (&settings, "rate", "unlimited");
  g_assert_true (isinf (settings.rate));
  set (&settings, "delay", "20ms");
  g_assert_cmpuint (settings.delay_ns, ==, 20000000);
  set (&settings, "jitter", "1.5ms");
  g_assert_cmpuint (settings.jitter_ns, ==, 1500000);
  set (&settings, "hold", "50us");
  g_assert_cmpuint (settings.hold_ns, ==, 50000);
  set (&settings, "loss", "2%");
  g_assert_cmpfloat (settings.loss, ==, 0.02);
  set (&settings, "reorder", "0.5");
  g_assert_cmpfloat (settings.reorder, ==, 0.5);
  set (&settings, "burst", "3");
  g_assert_cmpfloat (settings.burst, ==, 3);
  set (&settings, "queue", "64kB");
  g_assert_cmpuint (settings.queue_bytes, ==, 64000);
  set (&settings, "queue", "1s");
  g_assert_cmpuint (settings.queue_bytes, ==, 0);
  g_assert_cmpuint (settings.queue_ns, ==, 1000000000);
  link_settings_clear (&settings);
}

static void
test_malformed (void)
{
  const char *pairs[][2] = {
    { "rate", "" },        { "rate", "50" },     { "rate", "50mbits" }, { "rate", "-1mbit" },
    { "rate", "nan" },     { "delay", "20" },    { "delay", "x" },      { "delay", "1e12s" },
    { "loss", "101%" },    { "loss", "-1%" },    { "loss", "nan" },     { "loss", "" },
    { "loss", "1 %" },     { "reorder", "2" },   { "burst", "0.5" },    { "burst", "3x" },
    { "queue", "64" },     { "queue", "kB" },    { "speed", "1mbit" },  { "", "" },
    { "hold", "1minute" }, { "jitter", "1ms2" },
  };
  LinkSettings settings;

  link_settings_init (&settings);
  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (link_settings_set (&settings, pairs[i][0], pairs[i][1], &error));
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    }
  g_assert_true (isinf (settings.rate));
  g_assert_cmpuint (settings.delay_ns, ==, 0);
  link_settings_clear (&settings);
}

static void
test_trace (void)
{
  LinkSettings settings, copy = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("trace-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, "0 8\n1 16\n", -1, NULL));
  link_settings_init (&settings);
  set (&settings, "trace", path);
  g_assert_nonnull (settings.trace);
  link_settings_copy (&copy, &settings);
  g_assert_false (link_settings_set (&settings, "trace", "/nonexistent", &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_nonnull (settings.trace);
  set (&settings, "trace", "none");
  g_assert_null (settings.trace);
  g_assert_cmpfloat (rate_trace_mean (copy.trace), ==, 1.5e6);
  link_settings_clear (&copy);
  link_settings_clear (&settings);
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/netlab/link-settings/values", test_values);
  g_test_add_func ("/netlab/link-settings/malformed", test_malformed);
  g_test_add_func ("/netlab/link-settings/trace", test_trace);
  return g_test_run ();
}
