/* SPDX-License-Identifier: MIT */
#include "dfn-relay-publisher.h"

#include "dfn-nostr-message.h"
#include "dfn-relay-words.h"
#include "dfn-source.h"

/* What one relay may keep waiting. */
#define MAX_WAITING 4096

typedef enum {
  STAGE_NEW,
  STAGE_SENT,
  STAGE_WANTS_AUTH,
} Stage;

typedef struct {
  DfnRelayPublisher *publisher;
  GTask *task;
  DfnNostrEvent *event;
  Stage stage;
  gboolean tried_auth;
  GSource *timer;
  GSource *cancel;
} Item;

struct _DfnRelayPublisher {
  char *url;
  char *problem;
  DfnRelaySendFunc send;
  gpointer user_data;
  GPtrArray *items;
};

static void
item_free (gpointer data)
{
  Item *item = data;

  dfn_source_clear (&item->timer);
  dfn_source_clear (&item->cancel);
  g_object_unref (item->task);
  dfn_nostr_event_unref (item->event);
  g_free (item);
}

/* Ends an item: well when @error is NULL. The callback may add and end others. */
static void
end (Item *item, GError *error)
{
  g_autoptr (GTask) task = g_object_ref (item->task);

  g_ptr_array_remove (item->publisher->items, item);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static GError *
relay_error (DfnRelayPublisher *self, const char *what)
{
  return g_error_new (DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY, "The relay %s %s", self->url, what);
}

static GError *
refusal_error (DfnRelayPublisher *self, const char *text)
{
  g_autofree char *words = dfn_relay_words_clean (text);

  if (*words == '\0')
    return relay_error (self, "refused the event without a reason");
  return g_error_new (DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY, "The relay %s refused the event: %s",
                      self->url, words);
}

static gboolean
on_timeout (gpointer user_data)
{
  Item *item = user_data;
  DfnRelayPublisher *self = item->publisher;

  switch (item->stage)
    {
    case STAGE_SENT:
      end (item, relay_error (self, "did not answer in time"));
      break;
    case STAGE_WANTS_AUTH:
      end (item, relay_error (self, "wants to know who we are but does not go on"));
      break;
    case STAGE_NEW:
      if (self->problem != NULL)
        end (item, g_error_new_literal (DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY, self->problem));
      else
        end (item, relay_error (self, "cannot be reached in time"));
      break;
    }
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  end (user_data,
       g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Publishing was cancelled"));
  return G_SOURCE_REMOVE;
}

void
dfn_relay_publisher_add (DfnRelayPublisher *self,
                         GTask *task,
                         DfnNostrEvent *event,
                         guint timeout_ms)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Item *item;

  if (self->items->len >= MAX_WAITING)
    {
      g_task_return_error (task, relay_error (self, "has too many events waiting for its answer"));
      g_object_unref (task);
      return;
    }
  item = g_new0 (Item, 1);
  item->publisher = self;
  item->task = task;
  item->event = dfn_nostr_event_ref (event);
  item->timer = dfn_source_attach (g_timeout_source_new (timeout_ms), g_task_get_context (task),
                                   on_timeout, item);
  if (cancellable != NULL)
    {
      item->cancel = g_cancellable_source_new (cancellable);
      g_source_set_callback (item->cancel, G_SOURCE_FUNC (on_cancelled), item, NULL);
      g_source_attach (item->cancel, g_task_get_context (task));
    }
  g_ptr_array_add (self->items, item);
}

static void
send_item (DfnRelayPublisher *self, Item *item, const DfnRelayInfo *info)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree char *text = NULL;
  GError *error = NULL;

  if (info != NULL && !dfn_relay_info_check_event (info, item->event, now, &error))
    {
      end (item, error);
      return;
    }
  item->stage = STAGE_SENT;
  text = dfn_nostr_client_message_format_event (item->event);
  self->send (text, self->user_data);
}

/* The items that are at a stage, as a copy: ending one calls back. */
static GPtrArray *
list (DfnRelayPublisher *self, Stage stage)
{
  GPtrArray *items = g_ptr_array_new ();

  for (guint i = 0; i < self->items->len; i++)
    if (((Item *) self->items->pdata[i])->stage == stage)
      g_ptr_array_add (items, self->items->pdata[i]);
  return items;
}

static void
fail_stage (DfnRelayPublisher *self, Stage stage, const char *reason)
{
  g_autoptr (GPtrArray) items = list (self, stage);

  for (guint i = 0; i < items->len; i++)
    if (g_ptr_array_find (self->items, items->pdata[i], NULL))
      end (items->pdata[i], relay_error (self, reason));
}

void
dfn_relay_publisher_flush (DfnRelayPublisher *self, const DfnRelayInfo *info)
{
  g_autoptr (GPtrArray) items = list (self, STAGE_NEW);

  for (guint i = 0; i < items->len; i++)
    if (g_ptr_array_find (self->items, items->pdata[i], NULL))
      send_item (self, items->pdata[i], info);
}

static Item *
find_sent (DfnRelayPublisher *self, const char *event_id)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      Item *item = self->items->pdata[i];
      if (item->stage == STAGE_SENT && g_str_equal (dfn_nostr_event_get_id (item->event), event_id))
        return item;
    }
  return NULL;
}

gboolean
dfn_relay_publisher_settle (DfnRelayPublisher *self,
                            const char *event_id,
                            gboolean accepted,
                            const char *text,
                            gboolean can_authenticate)
{
  Item *item = find_sent (self, event_id);

  if (item == NULL)
    return FALSE;
  /* Some relays say so of an event that they have. */
  if (accepted || g_str_has_prefix (text, "duplicate: already"))
    end (item, NULL);
  else if (g_str_has_prefix (text, "auth-required:") && can_authenticate && !item->tried_auth)
    {
      item->stage = STAGE_WANTS_AUTH;
      item->tried_auth = TRUE;
      return TRUE;
    }
  else
    end (item, refusal_error (self, text));
  return FALSE;
}

void
dfn_relay_publisher_authenticated (DfnRelayPublisher *self, const char *refusal)
{
  g_autoptr (GPtrArray) items = list (self, STAGE_WANTS_AUTH);

  for (guint i = 0; i < items->len; i++)
    if (refusal == NULL)
      ((Item *) items->pdata[i])->stage = STAGE_NEW;
    else if (g_ptr_array_find (self->items, items->pdata[i], NULL))
      end (items->pdata[i], refusal_error (self, refusal));
}

void
dfn_relay_publisher_lost (DfnRelayPublisher *self, const char *reason)
{
  fail_stage (self, STAGE_SENT, reason);
  fail_stage (self, STAGE_WANTS_AUTH, reason);
}

void
dfn_relay_publisher_fail_all (DfnRelayPublisher *self, const char *reason)
{
  dfn_relay_publisher_lost (self, reason);
  fail_stage (self, STAGE_NEW, reason);
}

void
dfn_relay_publisher_set_problem (DfnRelayPublisher *self, const char *problem)
{
  g_free (self->problem);
  self->problem = g_strdup (problem);
}

DfnRelayPublisher *
dfn_relay_publisher_new (const char *url, DfnRelaySendFunc send, gpointer user_data)
{
  DfnRelayPublisher *self = g_new0 (DfnRelayPublisher, 1);

  self->url = g_strdup (url);
  self->send = send;
  self->user_data = user_data;
  self->items = g_ptr_array_new_with_free_func (item_free);
  return self;
}

void
dfn_relay_publisher_free (DfnRelayPublisher *self)
{
  dfn_relay_publisher_fail_all (self, "is no longer used");
  g_ptr_array_unref (self->items);
  g_free (self->url);
  g_free (self->problem);
  g_free (self);
}
