/* SPDX-License-Identifier: MIT */
#include "uplink-model.h"

/* 10 Mbit/s in bytes a second, with a queue of 100 ms. */
#define UPLINK 1.25e6
#define QUEUE_US 100000
#define RTT_US 40000

static void
show (UplinkModel *model, const char *what)
{
  g_test_message ("%s: used %.3f, TCP %.3f, queue median %.1f ms, p95 %.1f ms, most %.1f ms", what,
                  uplink_model_get_utilisation (model), uplink_model_get_tcp_share (model),
                  uplink_model_get_delay (model, 0.5), uplink_model_get_delay (model, 0.95),
                  uplink_model_get_delay (model, 1));
}

static UplinkModel *
start (guint n_senders, double capacity)
{
  UplinkModel *model = uplink_model_new (n_senders, capacity, QUEUE_US);

  uplink_model_run (model, 6);
  uplink_model_watch (model);
  return model;
}

static void
test_ungoverned (void)
{
  g_autoptr (UplinkModel) model = uplink_model_new (16, UPLINK, QUEUE_US);

  /* The model would show a long queue if there were one. */
  model->is_governed = FALSE;
  uplink_model_run (model, 2);
  uplink_model_watch (model);
  uplink_model_run (model, 5);
  show (model, "nobody governs");
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.5), >, 80);
}

static void
test_alone (gconstpointer n_senders)
{
  g_autoptr (UplinkModel) model = start (GPOINTER_TO_UINT (n_senders), UPLINK);

  uplink_model_run (model, 60);
  show (model, "alone");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.97);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.5),
                     <, GPOINTER_TO_UINT (n_senders)> 1 ? 30 : 50);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.95),
                     <, GPOINTER_TO_UINT (n_senders)> 1 ? 45 : 60);
  g_assert_cmpfloat_with_epsilon (dfn_uplink_estimate_get_capacity (model->estimate), UPLINK,
                                  0.05 * UPLINK);
}

/* A member of a swarm gives chunks one after the other, and the acknowledgements come through
 * uplinks that are in use, too. */
static void
test_chunks (gconstpointer back_us)
{
  g_autoptr (UplinkModel) model = uplink_model_new (16, UPLINK, QUEUE_US);

  model->chunk = 262144;
  for (guint i = 0; i < 16; i++)
    {
      UplinkSender *sender = &model->senders[i];

      sender->left = 0;
      sender->start_us = 0;
      sender->back_us = GPOINTER_TO_INT (back_us);
      sender->back_step = 3e-6 + 0.3e-6 * i;
    }
  uplink_model_watch (model);
  uplink_model_run (model, 3);
  show (model, "chunks, the first 3 s");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.72);
  uplink_model_watch (model);
  uplink_model_run (model, 5);
  show (model, "chunks, the next 5 s");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.9);
  uplink_model_watch (model);
  uplink_model_run (model, 30);
  show (model, "chunks");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.95);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.5), <, 45);

  uplink_model_start_tcp (model, UPLINK_TCP_CUBIC, RTT_US);
  uplink_model_run (model, 5);
  uplink_model_watch (model);
  uplink_model_run (model, 60);
  show (model, "chunks beside TCP/cubic");
  g_assert_cmpfloat (uplink_model_get_tcp_share (model), >, 0.4);
}

static void
test_fast (void)
{
  g_autoptr (UplinkModel) model = start (8, 10 * UPLINK);

  uplink_model_run (model, 10);
  show (model, "100 Mbit/s");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.97);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.95), <, 45);
}

static void
test_not_limited (void)
{
  g_autoptr (UplinkModel) model = uplink_model_new (4, 100 * UPLINK, QUEUE_US);

  /* What its own congestion control allows does not fill the uplink. */
  for (guint i = 0; i < 4; i++)
    model->senders[i].most = 200000;
  uplink_model_run (model, 2);
  g_assert_cmpfloat (dfn_uplink_estimate_get_rate (model->estimate), ==, 0);
  g_assert_cmpfloat (dfn_uplink_estimate_get_capacity (model->estimate), >, 0.9 * 800000 / 0.043);
  g_assert_cmpfloat (dfn_uplink_estimate_get_capacity (model->estimate), <, 1.1 * 800000 / 0.041);
}

static void
test_tcp (gconstpointer kind)
{
  g_autoptr (UplinkModel) model = start (16, UPLINK);

  uplink_model_run (model, 10);
  uplink_model_start_tcp (model, GPOINTER_TO_INT (kind), RTT_US);
  uplink_model_run (model, 5);
  uplink_model_watch (model);
  uplink_model_run (model, 60);
  show (model, "beside TCP");
  g_assert_cmpfloat (uplink_model_get_tcp_share (model), >, 0.5);
  g_assert_cmpfloat (uplink_model_get_tcp_share (model), <, 0.75);
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.95);

  /* It goes, and what it had is ours again. */
  model->tcp.kind = UPLINK_TCP_NONE;
  uplink_model_run (model, 8);
  uplink_model_watch (model);
  uplink_model_run (model, 10);
  show (model, "alone again");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.96);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.95), <, 45);
}

/* TCP was there first: the capacity is not known, and sixteen links that start at once can press it
 * hard. It gets clearly more than the seventeenth that would be its share among equals. */
static void
test_late (gconstpointer kind)
{
  g_autoptr (UplinkModel) model = uplink_model_new (16, UPLINK, QUEUE_US);

  for (guint i = 0; i < 16; i++)
    model->senders[i].is_on = FALSE;
  uplink_model_start_tcp (model, GPOINTER_TO_INT (kind), RTT_US);
  uplink_model_run (model, 10);
  for (guint i = 0; i < 16; i++)
    model->senders[i].is_on = TRUE;
  uplink_model_run (model, 5);
  uplink_model_watch (model);
  uplink_model_run (model, 30);
  show (model, "after TCP");
  g_assert_cmpfloat (uplink_model_get_tcp_share (model), >,
                     GPOINTER_TO_INT (kind) == UPLINK_TCP_CUBIC ? 0.15 : 0.4);
  g_assert_cmpfloat (uplink_model_get_tcp_share (model), <, 0.95);
}

static void
test_capacity_steps (void)
{
  g_autoptr (UplinkModel) model = start (16, UPLINK);

  model->capacity = 0.3 * UPLINK;
  uplink_model_run (model, 4);
  uplink_model_watch (model);
  uplink_model_run (model, 20);
  show (model, "3 Mbit/s");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.95);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.5), <, 30);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.95), <, 60);
  g_assert_cmpfloat (dfn_uplink_estimate_get_capacity (model->estimate), <, 0.4 * UPLINK);
  model->capacity = UPLINK;
  uplink_model_run (model, 5);
  uplink_model_watch (model);
  uplink_model_run (model, 20);
  show (model, "10 Mbit/s again");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.96);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.95), <, 45);
}

static void
test_small_step (void)
{
  g_autoptr (UplinkModel) model = start (16, UPLINK);

  model->capacity = 0.6 * UPLINK;
  uplink_model_run (model, 3);
  uplink_model_watch (model);
  uplink_model_run (model, 10);
  show (model, "6 Mbit/s");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.95);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.95), <, 45);
}

static void
test_one_path_longer (void)
{
  g_autoptr (UplinkModel) model = start (16, UPLINK);

  model->senders[3].rtt_us += 300000;
  uplink_model_run (model, 10);
  show (model, "one path longer");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.96);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.95), <, 45);
}

/* The only path there is has become longer: that is no queue, which shows after a while. */
static void
test_all_paths_longer (void)
{
  g_autoptr (UplinkModel) model = start (1, UPLINK);

  model->senders[0].rtt_us += 300000;
  uplink_model_run (model, 2);
  g_assert_cmpfloat (dfn_uplink_estimate_get_rate (model->estimate), >, 0.1 * UPLINK);
  uplink_model_run (model, 12);
  uplink_model_watch (model);
  uplink_model_run (model, 20);
  show (model, "the only path longer");
  /* The sender's own window grows slowly over such a path. */
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.85);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.95), <, 60);
}

static void
test_blackout (void)
{
  g_autoptr (UplinkModel) model = start (16, UPLINK);

  model->is_halted = TRUE;
  uplink_model_run (model, 1.5);
  model->is_halted = FALSE;
  uplink_model_run (model, 2.5);
  uplink_model_watch (model);
  uplink_model_run (model, 10);
  show (model, "after 1.5 s without anything");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.95);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.95), <, 45);
}

static void
test_loss (gconstpointer all)
{
  g_autoptr (UplinkModel) model = start (16, UPLINK);

  if (GPOINTER_TO_INT (all))
    for (guint i = 0; i < 16; i++)
      model->senders[i].loss = 0.2;
  else
    model->senders[5].loss = 0.02;
  uplink_model_run (model, 20);
  show (model, "with losses");
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, GPOINTER_TO_INT (all) ? 0.9 : 0.97);
  g_assert_cmpfloat (uplink_model_get_delay (model, 0.95), <, 45);
}

static void
test_limit (void)
{
  g_autoptr (UplinkModel) model = uplink_model_new (16, UPLINK, QUEUE_US);

  model->limit = 0.5 * UPLINK;
  dfn_uplink_bucket_set (&model->bucket, 0, 0, model->limit);
  uplink_model_run (model, 20);
  show (model, "half allowed");
  g_assert_cmpuint (model->most_in_window, <=, (guint64) (0.05 * UPLINK));
  g_assert_cmpfloat (uplink_model_get_utilisation (model), >, 0.48);
}

/* One who is due late gets little, but not nothing. */
static void
test_starvation (void)
{
  g_autoptr (UplinkModel) model = uplink_model_new (16, UPLINK, QUEUE_US);
  guint64 before;

  model->senders[0].deadline_us = G_MAXINT64;
  uplink_model_run (model, 6);
  before = model->senders[0].delivered;
  uplink_model_run (model, 20);
  g_test_message ("late: %" G_GUINT64_FORMAT " bytes in 20 s, others %" G_GUINT64_FORMAT,
                  model->senders[0].delivered - before, model->senders[1].delivered);
  g_assert_cmpuint (model->senders[0].delivered - before, >=, 20 * 1500);
  g_assert_cmpuint (model->senders[0].delivered - before, <, 20 * 6000);
  g_assert_cmpuint (model->senders[1].delivered, >, 20 * 70000);
  /* The others are equals. */
  for (guint i = 2; i < 16; i++)
    g_assert_cmpfloat_with_epsilon (
        (double) model->senders[i].delivered / (double) model->senders[1].delivered, 1, 0.1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/uplink/ungoverned", test_ungoverned);
  g_test_add_data_func ("/network/uplink/alone", GUINT_TO_POINTER (16), test_alone);
  g_test_add_data_func ("/network/uplink/one-link", GUINT_TO_POINTER (1), test_alone);
  g_test_add_data_func ("/network/uplink/chunks", GINT_TO_POINTER (0), test_chunks);
  g_test_add_data_func ("/network/uplink/chunks-20", GINT_TO_POINTER (20000), test_chunks);
  g_test_add_data_func ("/network/uplink/chunks-40", GINT_TO_POINTER (40000), test_chunks);
  g_test_add_func ("/network/uplink/fast", test_fast);
  g_test_add_func ("/network/uplink/not-limited", test_not_limited);
  g_test_add_data_func ("/network/uplink/cubic", GINT_TO_POINTER (UPLINK_TCP_CUBIC), test_tcp);
  g_test_add_data_func ("/network/uplink/bbr", GINT_TO_POINTER (UPLINK_TCP_BBR), test_tcp);
  g_test_add_data_func ("/network/uplink/after-cubic", GINT_TO_POINTER (UPLINK_TCP_CUBIC),
                        test_late);
  g_test_add_data_func ("/network/uplink/after-bbr", GINT_TO_POINTER (UPLINK_TCP_BBR), test_late);
  g_test_add_func ("/network/uplink/capacity-steps", test_capacity_steps);
  g_test_add_func ("/network/uplink/small-step", test_small_step);
  g_test_add_func ("/network/uplink/one-path-longer", test_one_path_longer);
  g_test_add_func ("/network/uplink/all-paths-longer", test_all_paths_longer);
  g_test_add_func ("/network/uplink/blackout", test_blackout);
  g_test_add_data_func ("/network/uplink/loss-on-one", GINT_TO_POINTER (FALSE), test_loss);
  g_test_add_data_func ("/network/uplink/loss-on-all", GINT_TO_POINTER (TRUE), test_loss);
  g_test_add_func ("/network/uplink/limit", test_limit);
  g_test_add_func ("/network/uplink/starvation", test_starvation);
  return g_test_run ();
}
