/* SPDX-License-Identifier: MIT */
#include "dfn-event-memory.h"

#include <string.h>

/* One remembered key: an event's id, or an address with the version that was seen last. The
 * link's data is the entry itself. */
typedef struct {
  GList link;
  char *key;
  gint64 created_at;
  char *id;
} Entry;

typedef struct {
  GHashTable *table;
  GQueue order;
} Shelf;

struct _DfnEventMemory {
  guint size;
  Shelf events;
  Shelf addresses;
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->key);
  g_free (entry->id);
  g_free (entry);
}

/* Finds an entry and makes it the last to be forgotten. */
static Entry *
recall (Shelf *shelf, const char *key)
{
  Entry *entry = g_hash_table_lookup (shelf->table, key);

  if (entry != NULL)
    {
      g_queue_unlink (&shelf->order, &entry->link);
      g_queue_push_head_link (&shelf->order, &entry->link);
    }
  return entry;
}

static Entry *
remember (Shelf *shelf, const char *key, guint size)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->link.data = entry;
  entry->key = g_strdup (key);
  g_hash_table_insert (shelf->table, entry->key, entry);
  g_queue_push_head_link (&shelf->order, &entry->link);
  if (shelf->order.length > size)
    {
      GList *last = g_queue_pop_tail_link (&shelf->order);
      g_hash_table_remove (shelf->table, ((Entry *) last->data)->key);
    }
  return entry;
}

static gboolean
is_newer (DfnNostrEvent *event, const Entry *entry)
{
  gint64 created_at = dfn_nostr_event_get_created_at (event);

  if (created_at != entry->created_at)
    return created_at > entry->created_at;
  return strcmp (dfn_nostr_event_get_id (event), entry->id) < 0;
}

gboolean
dfn_event_memory_knows (DfnEventMemory *self, const char *id)
{
  return recall (&self->events, id) != NULL;
}

gboolean
dfn_event_memory_admit (DfnEventMemory *self, DfnNostrEvent *event)
{
  const char *id = dfn_nostr_event_get_id (event);
  g_autofree char *address = NULL;
  Entry *entry;

  if (recall (&self->events, id) != NULL)
    return FALSE;
  remember (&self->events, id, self->size);
  address = dfn_nostr_event_get_address (event);
  if (address == NULL)
    return TRUE;

  entry = recall (&self->addresses, address);
  if (entry == NULL)
    entry = remember (&self->addresses, address, self->size);
  else if (!is_newer (event, entry))
    return FALSE;
  g_free (entry->id);
  entry->id = g_strdup (id);
  entry->created_at = dfn_nostr_event_get_created_at (event);
  return TRUE;
}

DfnEventMemory *
dfn_event_memory_new (guint size)
{
  DfnEventMemory *self = g_new0 (DfnEventMemory, 1);

  self->size = size;
  self->events.table = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  self->addresses.table = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  return self;
}

void
dfn_event_memory_free (DfnEventMemory *self)
{
  g_hash_table_unref (self->events.table);
  g_hash_table_unref (self->addresses.table);
  g_free (self);
}
