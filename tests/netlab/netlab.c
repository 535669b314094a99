/* SPDX-License-Identifier: MIT */
/*
 * netlab: hosts in network namespaces of their own, joined by this one process, which gives each
 * host an access link with rate, delay, jitter, loss, reordering and a queue of a given size. It
 * needs no netem. README.md tells how to use it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab-control.h"
#include "lab-host.h"
#include "namespaces.h"

/* Packets that are read from one host before the others get their turn. */
#define READ_BATCH 64

#define NANOSECONDS G_GUINT64_CONSTANT (1000000000)

/* Numbers of the sources in epoll; hosts follow. */
enum { SOURCE_SIGNAL, SOURCE_CONTROL, SOURCE_HOSTS };

typedef struct {
  Cloud *cloud;
  GPtrArray *hosts;
  LabControl *control;
  int epoll_fd;
  int signal_fd;
  guint64 woken_ns;
  sigset_t old_signals;
  pid_t child;
  gboolean running;
  int exit_code;
} Lab;

static char *option_control;
static char *option_ipv4;
static char *option_ipv6;
static gint64 option_seed = 1;
static int option_mtu = 1500;
static int option_tick = 100;

static const GOptionEntry options[] = {
  { "control", 'c', 0, G_OPTION_ARG_FILENAME, &option_control, "Take commands from this new FIFO",
    "FILE" },
  { "ipv4", 0, 0, G_OPTION_ARG_STRING, &option_ipv4, "Network of 16 bits (198.18.0.0)", "ADDRESS" },
  { "ipv6", 0, 0, G_OPTION_ARG_STRING, &option_ipv6, "Network of 32 bits (2001:2::)", "ADDRESS" },
  { "seed", 's', 0, G_OPTION_ARG_INT64, &option_seed, "Seed of all random choices (1)", "NUMBER" },
  { "mtu", 'm', 0, G_OPTION_ARG_INT, &option_mtu, "Largest packet in bytes (1500)", "BYTES" },
  { "tick", 0, 0, G_OPTION_ARG_INT, &option_tick, "Shortest time between two looks (100)",
    "MICROSECONDS" },
  { NULL },
};

static guint64
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (guint64) now.tv_sec * NANOSECONDS + (guint64) now.tv_nsec;
}

/* A full or closed interface drops the packet, as a real one does. */
static void
on_deliver (gpointer data, guint host, const Packet *packet)
{
  Lab *self = data;
  const LabHost *receiver = g_ptr_array_index (self->hosts, host);

  if (write (receiver->tun_fd, packet->data, packet->length) < 0 && errno != EAGAIN && errno != EIO
      && errno != ENOBUFS && errno != EBADF)
    g_printerr ("netlab: a packet for %s: %s\n", receiver->name, g_strerror (errno));
}

static void
read_host (Lab *self, guint index)
{
  const LabHost *host = g_ptr_array_index (self->hosts, index);

  for (int i = 0; i < READ_BATCH; i++)
    {
      Packet *packet = cloud_take_packet (self->cloud);
      gssize length = read (host->tun_fd, packet->data, (gsize) option_mtu);

      if (length <= 0)
        {
          cloud_give_packet (self->cloud, packet);
          return;
        }
      packet->length = (guint32) length;
      cloud_send (self->cloud, index, now_ns (), packet);
    }
}

static void
on_child_exit (Lab *self)
{
  int status;
  pid_t pid;

  while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
    if (pid == self->child)
      {
        self->exit_code = WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
        self->child = -1;
        self->running = FALSE;
      }
}

/* With a command, signals are for the command, and its end is ours. */
static void
on_signal (Lab *self)
{
  struct signalfd_siginfo info;

  while (read (self->signal_fd, &info, sizeof info) == sizeof info)
    {
      if (info.ssi_signo == SIGCHLD)
        on_child_exit (self);
      else if (self->child > 0)
        kill (self->child, (int) info.ssi_signo);
      else
        self->running = FALSE;
    }
}

static void
sleep_until (guint64 time_ns)
{
  struct timespec time = {
    .tv_sec = (time_t) (time_ns / NANOSECONDS),
    .tv_nsec = (long) (time_ns % NANOSECONDS),
  };

  clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/* Waits until a packet arrives or the cloud has something to do, but never wakes twice within one
 * tick: like a network card's interrupt moderation this lets packets come in batches, which cost
 * a tenth of what single ones do. */
static int
wait_for_events (Lab *self, struct epoll_event *events, int count)
{
  guint64 next_ns = cloud_next_ns (self->cloud);
  guint64 present_ns = now_ns ();
  guint64 earliest_ns = self->woken_ns + (guint64) option_tick * 1000;
  struct timespec timeout = { 0 };
  int ready;

  if (earliest_ns > present_ns)
    sleep_until (earliest_ns);
  present_ns = MAX (present_ns, earliest_ns);
  if (next_ns > present_ns)
    {
      timeout.tv_sec = (time_t) ((next_ns - present_ns) / NANOSECONDS);
      timeout.tv_nsec = (long) ((next_ns - present_ns) % NANOSECONDS);
    }
  ready =
      epoll_pwait2 (self->epoll_fd, events, count, next_ns != PACKET_NEVER ? &timeout : NULL, NULL);
  self->woken_ns = now_ns ();
  return ready;
}

static void
dispatch (Lab *self, guint32 source)
{
  if (source >= SOURCE_HOSTS)
    read_host (self, source - SOURCE_HOSTS);
  else if (source == SOURCE_SIGNAL)
    on_signal (self);
  else
    self->running = lab_control_read (self->control, now_ns ()) && self->running;
}

static void
run (Lab *self)
{
  struct epoll_event events[64];

  while (self->running)
    {
      int count = wait_for_events (self, events, G_N_ELEMENTS (events));

      cloud_run (self->cloud, self->woken_ns);
      for (int i = 0; i < count; i++)
        dispatch (self, events[i].data.u32);
      cloud_run (self->cloud, now_ns ());
    }
}

static void
watch (Lab *self, int fd, guint32 source)
{
  struct epoll_event event = { .events = EPOLLIN, .data.u32 = source };

  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
    return;
  /* Files and /dev/null are always ready, so that epoll refuses them; commands in a file are all
   * carried out before anything else. */
  if (errno != EPERM || source != SOURCE_CONTROL)
    g_error ("epoll_ctl: %s", g_strerror (errno));
  while (lab_control_read (self->control, now_ns ()))
    continue;
  self->running = FALSE;
}

static void
prepare_sources (Lab *self)
{
  sigset_t signals;

  sigemptyset (&signals);
  sigaddset (&signals, SIGINT);
  sigaddset (&signals, SIGTERM);
  sigaddset (&signals, SIGHUP);
  sigaddset (&signals, SIGCHLD);
  sigprocmask (SIG_BLOCK, &signals, &self->old_signals);
  signal (SIGPIPE, SIG_IGN);
  /* The kernel's default lets timers be 50 microseconds late. */
  prctl (PR_SET_TIMERSLACK, 1);
  /* Where it may, the wire goes before the programs that use it. */
  setpriority (PRIO_PROCESS, 0, -15);
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  self->signal_fd = signalfd (-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  watch (self, self->signal_fd, SOURCE_SIGNAL);
}

static gboolean
build_hosts (Lab *self, char **texts, GError **error)
{
  for (guint i = 0; texts[i] != NULL; i++)
    {
      LabHost *host = lab_host_new (self->cloud, texts[i], error);

      if (host == NULL)
        return FALSE;
      g_ptr_array_add (self->hosts, host);
      if (!lab_host_build (host, self->cloud, option_mtu, error))
        return FALSE;
      if (!host->bare)
        watch (self, host->tun_fd, SOURCE_HOSTS + i);
    }
  return TRUE;
}

static gboolean
set_prefixes (Cloud *cloud, GError **error)
{
  struct in_addr ipv4;
  struct in6_addr ipv6;

  /* Networks kept for benchmarks (RFC 2544, RFC 5180): unlike the private ones, programs treat
   * their addresses as any others on the Internet. */
  if (inet_pton (AF_INET, option_ipv4 != NULL ? option_ipv4 : "198.18.0.0", &ipv4) == 1
      && inet_pton (AF_INET6, option_ipv6 != NULL ? option_ipv6 : "2001:2::", &ipv6) == 1)
    {
      cloud_set_prefixes (cloud, &ipv4, &ipv6);
      return TRUE;
    }
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       "A network is not an address");
  return FALSE;
}

/* The command finds the hosts through NETLAB_HOST_<name>, as `netlab exec` does. */
static void
start_command (Lab *self, char **command)
{
  self->child = fork ();
  if (self->child != 0)
    return;
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  setpriority (PRIO_PROCESS, 0, 0);
  sigprocmask (SIG_SETMASK, &self->old_signals, NULL);
  signal (SIGPIPE, SIG_DFL);
  for (guint i = 0; i < self->hosts->len; i++)
    {
      const LabHost *host = g_ptr_array_index (self->hosts, i);
      g_autofree char *name = g_strconcat ("NETLAB_HOST_", host->name, NULL);
      g_autofree char *path = g_strdup_printf ("/proc/%d/fd/%d", getppid (), host->namespace_fd);

      g_setenv (name, path, TRUE);
    }
  execvp (command[0], command);
  g_printerr ("netlab: %s: %s\n", command[0], g_strerror (errno));
  _exit (127);
}

/* netlab exec HOST COMMAND…: runs a command inside; it dies with the process that started it. */
static int
exec_inside (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  const char *path;

  if (argc < 4)
    {
      g_printerr ("usage: netlab exec HOST COMMAND…\n");
      return 2;
    }
  path = argv[2];
  if (strchr (path, '/') == NULL)
    {
      g_autofree char *name = g_strconcat ("NETLAB_HOST_", path, NULL);

      path = g_getenv (name) != NULL ? g_getenv (name) : path;
    }
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (!namespace_enter (path, &error))
    {
      g_printerr ("netlab: %s\n", error->message);
      return 125;
    }
  execvp (argv[3], argv + 3);
  g_printerr ("netlab: %s: %s\n", argv[3], g_strerror (errno));
  return 127;
}

/* What follows "--" is the command; GOption would take it for hosts. */
static char **
split_command (int *argc, char **argv)
{
  for (int i = 1; i < *argc; i++)
    if (strcmp (argv[i], "--") == 0)
      {
        argv[i] = NULL;
        *argc = i;
        return argv[i + 1] != NULL ? argv + i + 1 : NULL;
      }
  return NULL;
}

static gboolean
parse_options (int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("HOST[:KEY=VALUE,…]… [-- COMMAND…]");

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc > 1 && option_mtu >= 576 && option_mtu <= 65535 && option_tick >= 0)
    return TRUE;
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                       "Give at least one host, and an MTU from 576 to 65535");
  return FALSE;
}

static gboolean
start (Lab *self, char **hosts, char **command, GError **error)
{
  gboolean use_stdin = command == NULL && option_control == NULL;

  self->cloud = cloud_new ((gsize) option_mtu, (guint64) option_seed, on_deliver, self);
  self->hosts = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_host_free);
  prepare_sources (self);
  if (!namespace_prepare (error) || !set_prefixes (self->cloud, error)
      || !build_hosts (self, hosts, error))
    return FALSE;
  self->control = lab_control_new (self->cloud, self->hosts);
  if (command == NULL)
    lab_control_announce (self->control);
  if (use_stdin || option_control != NULL)
    {
      int fd = lab_control_open (self->control, option_control, error);

      if (fd < 0)
        return FALSE;
      watch (self, fd, SOURCE_CONTROL);
    }
  if (command != NULL)
    start_command (self, command);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Lab lab = { .child = -1, .running = TRUE };
  char **command;

  if (argc > 1 && strcmp (argv[1], "exec") == 0)
    return exec_inside (argc, argv);
  setlocale (LC_CTYPE, "");
  command = split_command (&argc, argv);
  if (!parse_options (&argc, &argv, &error) || !start (&lab, argv + 1, command, &error))
    {
      g_printerr ("netlab: %s\n", error->message);
      lab.exit_code = 2;
    }
  else
    {
      run (&lab);
    }
  g_clear_pointer (&lab.control, lab_control_free);
  g_clear_pointer (&lab.cloud, cloud_free);
  g_clear_pointer (&lab.hosts, g_ptr_array_unref);
  return lab.exit_code;
}
