/* SPDX-License-Identifier: MIT */
#include "dfn-peer-memory.h"

#include "dfn-bytes.h"
#include "dfn-file.h"
#include "dfn-hash.h"
#include "dfn-paths.h"
#include "dfn-random.h"

#include <math.h>
#include <string.h>

/* The file: the magic, the salt, then entries of an HMAC's first bytes, a score in units of 1/1000
 * plus 1000, when it was noted, and until when it is banned; numbers are big-endian, times
 * seconds since 1970 that fit until 2106. */
static const char magic[8] = "dfnpeer1";
#define SALT_SIZE 32
#define NAME_SIZE 16
#define ENTRY_SIZE (NAME_SIZE + 12)
#define HEAD_SIZE (sizeof magic + SALT_SIZE)
#define FILE_NAME "peers"
/* What is less says nothing. */
#define LEAST_SCORE 0.02

typedef struct {
  guint8 name[NAME_SIZE];
  double score;
  gint64 noted_s;
  gint64 banned_until_s;
} Entry;

struct _DfnPeerMemory {
  gatomicrefcount refs;
  char *path;
  guint8 salt[SALT_SIZE];
  GArray *entries; /* of Entry, the one noted last at the end */
  gboolean is_changed;
};

DfnPeerMemory *
dfn_peer_memory_new (const char *path, gint64 now_s)
{
  DfnPeerMemory *self = g_new0 (DfnPeerMemory, 1);
  g_autofree char *data = NULL;
  gsize length;

  g_atomic_ref_count_init (&self->refs);
  self->path = g_strdup (path);
  self->entries = g_array_new (FALSE, TRUE, sizeof (Entry));
  dfn_random_bytes (self->salt, sizeof self->salt);
  if (path != NULL && g_file_get_contents (path, &data, &length, NULL)
      && !dfn_peer_memory_parse (self, (const guint8 *) data, length, now_s))
    g_debug ("What was remembered of peers is not readable");
  return self;
}

DfnPeerMemory *
dfn_peer_memory_ref (DfnPeerMemory *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
dfn_peer_memory_unref (DfnPeerMemory *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_array_unref (self->entries);
  g_free (self->path);
  g_free (self);
}

DfnPeerMemory *
dfn_peer_memory_get_default (void)
{
  static GPrivate memory = G_PRIVATE_INIT ((GDestroyNotify) dfn_peer_memory_unref);
  DfnPeerMemory *self = g_private_get (&memory);
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;

  if (self != NULL)
    return self;
  folder = dfn_paths_data_dir (NULL);
  if (folder != NULL)
    path = g_build_filename (folder, FILE_NAME, NULL);
  self = dfn_peer_memory_new (path, g_get_real_time () / G_USEC_PER_SEC);
  g_private_set (&memory, self);
  return self;
}

static gboolean
is_of_use (const Entry *entry, gint64 now_s)
{
  return entry->banned_until_s > now_s
         || (entry->noted_s > now_s - (gint64) DFN_PEER_MEMORY_DAYS * 24 * 60 * 60
             && fabs (entry->score) >= LEAST_SCORE);
}

static Entry *
find_name (DfnPeerMemory *self, const guint8 *name)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = &g_array_index (self->entries, Entry, i);

      if (memcmp (entry->name, name, NAME_SIZE) == 0)
        return entry;
    }
  return NULL;
}

gboolean
dfn_peer_memory_parse (DfnPeerMemory *self, const guint8 *data, gsize length, gint64 now_s)
{
  if (length < HEAD_SIZE || (length - HEAD_SIZE) % ENTRY_SIZE != 0
      || (length - HEAD_SIZE) / ENTRY_SIZE > DFN_PEER_MEMORY_MAX
      || memcmp (data, magic, sizeof magic) != 0)
    return FALSE;
  memcpy (self->salt, data + sizeof magic, SALT_SIZE);
  g_array_set_size (self->entries, 0);
  for (gsize at = HEAD_SIZE; at < length; at += ENTRY_SIZE)
    {
      Entry entry = {
        .score = CLAMP ((double) dfn_read_be32 (data + at + NAME_SIZE) / 1000 - 1, -1, 1),
        /* A clock that was ahead must not keep an entry for ever. */
        .noted_s = MIN (dfn_read_be32 (data + at + NAME_SIZE + 4), now_s),
        .banned_until_s =
            MIN (dfn_read_be32 (data + at + NAME_SIZE + 8), now_s + DFN_PEER_MEMORY_BAN_S),
      };

      memcpy (entry.name, data + at, NAME_SIZE);
      /* A damaged file may name one twice; the second would hide what is noted of the first. */
      if (is_of_use (&entry, now_s) && find_name (self, entry.name) == NULL)
        g_array_append_val (self->entries, entry);
    }
  return TRUE;
}

static void
name_holder (DfnPeerMemory *self, const guint8 *holder, guint8 name[NAME_SIZE])
{
  guint8 hash[DFN_HASH_SIZE];

  dfn_hmac_sha256 (self->salt, SALT_SIZE, holder, DFN_ADDRESS_HOLDER_SIZE, hash);
  memcpy (name, hash, NAME_SIZE);
}

static Entry *
find (DfnPeerMemory *self, const guint8 *holder)
{
  guint8 name[NAME_SIZE];

  name_holder (self, holder, name);
  return find_name (self, name);
}

/* Puts what is known of a holder at the end, where it stays longest. */
static Entry *
touch (DfnPeerMemory *self, const guint8 *holder, gint64 now_s)
{
  Entry entry = { .noted_s = now_s };
  const Entry *old = find (self, holder);

  if (old != NULL)
    {
      entry = *old;
      g_array_remove_index (self->entries, (guint) (old - (Entry *) (void *) self->entries->data));
    }
  else
    name_holder (self, holder, entry.name);
  if (self->entries->len >= DFN_PEER_MEMORY_MAX)
    g_array_remove_index (self->entries, 0);
  g_array_append_val (self->entries, entry);
  self->is_changed = TRUE;
  return &g_array_index (self->entries, Entry, self->entries->len - 1);
}

static double
fade (const Entry *entry, gint64 now_s)
{
  double age = (double) MAX (now_s - entry->noted_s, 0);

  return entry->score * exp2 (-age / DFN_PEER_MEMORY_HALF_LIFE_S);
}

void
dfn_peer_memory_note (DfnPeerMemory *self,
                      const guint8 holder[DFN_ADDRESS_HOLDER_SIZE],
                      double score,
                      gint64 now_s)
{
  Entry *entry;

  if (fabs (score) < LEAST_SCORE && find (self, holder) == NULL)
    return;
  entry = touch (self, holder, now_s);
  entry->score = CLAMP ((fade (entry, now_s) + score) / 2, -1, 1);
  entry->noted_s = now_s;
}

void
dfn_peer_memory_ban (DfnPeerMemory *self,
                     const guint8 holder[DFN_ADDRESS_HOLDER_SIZE],
                     gint64 now_s)
{
  Entry *entry = touch (self, holder, now_s);

  entry->score = -1;
  entry->noted_s = now_s;
  entry->banned_until_s = now_s + DFN_PEER_MEMORY_BAN_S;
}

double
dfn_peer_memory_get_score (DfnPeerMemory *self,
                           const guint8 holder[DFN_ADDRESS_HOLDER_SIZE],
                           gint64 now_s)
{
  const Entry *entry = find (self, holder);

  return entry != NULL ? fade (entry, now_s) : 0;
}

gboolean
dfn_peer_memory_is_banned (DfnPeerMemory *self,
                           const guint8 holder[DFN_ADDRESS_HOLDER_SIZE],
                           gint64 now_s)
{
  const Entry *entry = find (self, holder);

  return entry != NULL && entry->banned_until_s > now_s;
}

gboolean
dfn_peer_memory_save (DfnPeerMemory *self, gint64 now_s, GError **error)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();

  if (!self->is_changed || self->path == NULL)
    return TRUE;
  g_byte_array_append (data, (const guint8 *) magic, sizeof magic);
  g_byte_array_append (data, self->salt, SALT_SIZE);
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);
      guint8 packed[ENTRY_SIZE];

      if (!is_of_use (entry, now_s))
        continue;
      memcpy (packed, entry->name, NAME_SIZE);
      dfn_write_be32 (packed + NAME_SIZE, (guint32) lround ((entry->score + 1) * 1000));
      dfn_write_be32 (packed + NAME_SIZE + 4, (guint32) entry->noted_s);
      dfn_write_be32 (packed + NAME_SIZE + 8, (guint32) entry->banned_until_s);
      g_byte_array_append (data, packed, sizeof packed);
    }
  if (!dfn_file_write_atomically (self->path, data->data, data->len, 0600, error))
    return FALSE;
  self->is_changed = FALSE;
  return TRUE;
}

guint
dfn_peer_memory_get_size (DfnPeerMemory *self)
{
  return self->entries->len;
}
