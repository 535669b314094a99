/* SPDX-License-Identifier: MIT */
#include "dfn-node-private.h"

#include "dfn-relay-url.h"
#include "dfn-uplink-governor.h"

/* How long the thread goes on after its last session, so that farewells leave the computer. */
#define LINGER_US (300 * 1000)

/* Sockets and timers of half a dozen peers. */
#define MANY_DESCRIPTORS 32
#define POLL_INTERVAL_US 2000

struct _DfnNode {
  GObject parent_instance;

  GPtrArray *relays; /* of strings, ended by NULL */
  DfnIceConfig *ice;
  DfnRequestLog *request_log;
  guint max_links; /* 0 for as many as a swarm needs */
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
};

G_DEFINE_FINAL_TYPE (DfnNode, dfn_node, G_TYPE_OBJECT)

/* With many peers packets come from all sides at any time, and to poll all their descriptors for
 * each is what the thread does most. Looked for a little later, several are found at once, as with
 * the interrupt moderation of a network card. A source that is ready needs no poll before its turn,
 * if the last one was a moment ago. */
static gint
poll_moderately (GPollFD *fds, guint n_fds, gint timeout)
{
  static GPrivate last = G_PRIVATE_INIT (g_free);
  gint64 *polled_us = g_private_get (&last);
  gint64 early_us;
  gint n;

  if (n_fds < MANY_DESCRIPTORS)
    return g_poll (fds, n_fds, timeout);
  if (polled_us == NULL)
    g_private_set (&last, polled_us = g_new0 (gint64, 1));
  early_us = *polled_us + POLL_INTERVAL_US - g_get_monotonic_time ();
  if (early_us > 0 && timeout == 0)
    {
      for (guint i = 0; i < n_fds; i++)
        fds[i].revents = 0;
      return 0;
    }
  if (early_us > 0)
    g_usleep ((gulong) early_us);
  n = g_poll (fds, n_fds, timeout);
  *polled_us = g_get_monotonic_time ();
  return n;
}

static gpointer
run (gpointer data)
{
  GMainLoop *loop = data;
  GMainContext *context = g_main_loop_get_context (loop);
  gint64 end;

  g_main_context_push_thread_default (context);
  g_main_loop_run (loop);
  end = g_get_monotonic_time () + LINGER_US;
  while (g_get_monotonic_time () < end)
    if (!g_main_context_iteration (context, FALSE))
      g_usleep (5000);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static gboolean
on_quit (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static void
dfn_node_finalize (GObject *object)
{
  DfnNode *self = DFN_NODE (object);
  g_autoptr (GSource) quit = g_idle_source_new ();

  /* After everything that sessions left to be done; never at once, as g_main_context_invoke()
   * would when the thread has not begun to run. */
  g_source_set_callback (quit, on_quit, self->loop, NULL);
  g_source_attach (quit, self->context);
  g_thread_join (self->thread);
  g_clear_pointer (&self->request_log, dfn_request_log_free);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_object_unref (self->ice);
  g_ptr_array_unref (self->relays);
  G_OBJECT_CLASS (dfn_node_parent_class)->finalize (object);
}

static void
dfn_node_class_init (DfnNodeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_node_finalize;
}

static void
dfn_node_init (DfnNode *self)
{
  self->relays = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->relays, NULL);
  self->ice = dfn_ice_config_new ();
  self->context = g_main_context_new ();
  g_main_context_set_poll_func (self->context, poll_moderately);
  self->loop = g_main_loop_new (self->context, FALSE);
  self->thread = g_thread_new ("dfn-engine", run, self->loop);
}

DfnNode *
dfn_node_new (void)
{
  return g_object_new (DFN_TYPE_NODE, NULL);
}

gboolean
dfn_node_add_relay (DfnNode *self, const char *url, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autofree char *normal = dfn_relay_url_normalise (url, &reason);

  if (normal == NULL)
    {
      g_set_error_literal (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_SETTINGS, reason->message);
      return FALSE;
    }
  g_ptr_array_insert (self->relays, (gint) self->relays->len - 1, g_steal_pointer (&normal));
  return TRUE;
}

const char *const *
dfn_node_get_relays (DfnNode *self)
{
  return (const char *const *) self->relays->pdata;
}

DfnIceConfig *
dfn_node_get_ice_config (DfnNode *self)
{
  return self->ice;
}

static gboolean
on_uplink_limit (gpointer user_data)
{
  dfn_uplink_governor_set_limit (dfn_uplink_governor_get_default (), *(guint64 *) user_data);
  return G_SOURCE_REMOVE;
}

void
dfn_node_set_uplink_limit (DfnNode *self, guint64 bytes_per_second)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  /* The governor is the engine thread's, as all orders are carried out there. */
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_uplink_limit,
                         g_memdup2 (&bytes_per_second, sizeof bytes_per_second), g_free);
  g_source_attach (source, self->context);
}

void
dfn_node_set_max_links (DfnNode *self, guint max_links)
{
  g_return_if_fail (max_links <= DFN_NODE_MAX_LINKS);

  self->max_links = max_links;
}

guint
dfn_node_get_max_links (DfnNode *self)
{
  return self->max_links;
}

void
dfn_node_set_request_log (DfnNode *self, const char *path)
{
  g_return_if_fail (self->request_log == NULL);

  self->request_log = dfn_request_log_new (path);
}

DfnRequestLog *
dfn_node_get_request_log (DfnNode *self)
{
  return self->request_log;
}

GMainContext *
dfn_node_get_context (DfnNode *self)
{
  return self->context;
}

/* Tasks */

typedef struct {
  GObject *task;
  DfnTaskFunc func;
} Order;

static gboolean
on_order (gpointer user_data)
{
  Order *order = user_data;

  order->func (order->task);
  return G_SOURCE_REMOVE;
}

static void
order_free (gpointer data)
{
  Order *order = data;

  g_object_unref (order->task);
  g_free (order);
}

/* Orders to one thread are carried out in the order they were given. */
static void
give_order (DfnNode *self, GObject *task, DfnTaskFunc func)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Order *order = g_new (Order, 1);

  order->task = task;
  order->func = func;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_order, order, order_free);
  g_source_attach (source, self->context);
}

void
dfn_node_start_task (DfnNode *self, gpointer task, DfnTaskFunc start)
{
  give_order (self, g_object_ref (task), start);
}

void
dfn_node_stop_task (DfnNode *self, gpointer task, DfnTaskFunc stop)
{
  give_order (self, task, stop);
}
