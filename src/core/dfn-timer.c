/* SPDX-License-Identifier: MIT */
#include "dfn-timer.h"

#ifdef __linux__
#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What is further away than this, GLib's milliseconds wait for, until it is not. */
#define NEAR_US 20000

/* GLib reads the same clock, so that the two never drift apart.
 *
 * Setting a kernel timer is dear, above all in a virtual machine, and QUIC moves its deadline with
 * every packet, nearly always to a later time. So the kernel's timer is only set when the loop is
 * about to wait for a time that is near, and only ever moved to an earlier time; when it goes off
 * before the wanted time, it is set again. */
typedef struct {
  GSource source;
  int fd;
  gint64 when_us;  /* wanted, or -1 */
  gint64 armed_us; /* what the kernel has, or -1 */
} TimerSource;

static void
arm (TimerSource *self)
{
  gint64 when_us = MAX (self->when_us, 1);
  struct itimerspec spec = {
    .it_value = {
      .tv_sec = when_us / G_USEC_PER_SEC,
      .tv_nsec = when_us % G_USEC_PER_SEC * 1000,
    },
  };

  timerfd_settime (self->fd, TFD_TIMER_ABSTIME, &spec, NULL);
  self->armed_us = when_us;
}

static gboolean
timer_source_prepare (GSource *source, gint *timeout)
{
  TimerSource *self = (TimerSource *) source;
  gint64 left_us;

  *timeout = -1;
  if (self->when_us < 0 || (self->armed_us >= 0 && self->armed_us <= self->when_us))
    return FALSE;
  left_us = self->when_us - g_source_get_time (source);
  if (left_us <= 0)
    return TRUE;
  if (left_us > NEAR_US)
    *timeout = (gint) MIN ((left_us - NEAR_US / 2) / 1000, G_MAXINT);
  else
    arm (self);
  return FALSE;
}

static gboolean
timer_source_check (GSource *source)
{
  TimerSource *self = (TimerSource *) source;

  return self->when_us >= 0 && self->when_us <= g_source_get_time (source);
}

static gboolean
timer_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  TimerSource *self = (TimerSource *) source;
  gint64 now_us = g_source_get_time (source);
  guint64 expirations;

  /* What has gone off has to be read, or it would wake the loop again. */
  if (self->armed_us >= 0 && self->armed_us <= now_us
      && read (self->fd, &expirations, sizeof expirations) == sizeof expirations)
    self->armed_us = -1;
  if (self->when_us < 0 || now_us < self->when_us)
    return G_SOURCE_CONTINUE;
  self->when_us = -1;
  return callback (user_data);
}

static void
timer_source_finalize (GSource *source)
{
  close (((TimerSource *) source)->fd);
}

static GSourceFuncs timer_source_funcs = {
  .prepare = timer_source_prepare,
  .check = timer_source_check,
  .dispatch = timer_source_dispatch,
  .finalize = timer_source_finalize,
};

GSource *
dfn_timer_source_new (void)
{
  GSource *source = g_source_new (&timer_source_funcs, sizeof (TimerSource));
  TimerSource *self = (TimerSource *) source;

  self->fd = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->fd < 0)
    g_error ("No timer left: %s", g_strerror (errno));
  self->when_us = self->armed_us = -1;
  g_source_add_unix_fd (source, self->fd, G_IO_IN);
  /* Otherwise GLib takes the descriptor out of the poll around each dispatch, with two wake-ups. */
  g_source_set_can_recurse (source, TRUE);
  g_source_set_static_name (source, "dfn-timer");
  return source;
}

void
dfn_timer_source_set (GSource *source, gint64 when_us)
{
  ((TimerSource *) source)->when_us = when_us;
}

#else /* elsewhere GLib's millisecond has to do */

static gboolean
timer_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs timer_source_funcs = { .dispatch = timer_source_dispatch };

GSource *
dfn_timer_source_new (void)
{
  return g_source_new (&timer_source_funcs, sizeof (GSource));
}

void
dfn_timer_source_set (GSource *source, gint64 when_us)
{
  g_source_set_ready_time (source, when_us);
}
#endif
