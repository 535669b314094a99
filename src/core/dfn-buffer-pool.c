/* SPDX-License-Identifier: MIT */
#include "dfn-buffer-pool.h"

typedef struct Buffer Buffer;

struct Buffer {
  DfnBufferPool *pool; /* a reference while in use */
  Buffer *next;        /* while idle */
  guint8 *data;
};

struct _DfnBufferPool {
  gatomicrefcount ref_count; /* the owner and each buffer in use */
  gsize size;
  GMutex mutex; /* guards what follows */
  guint max_idle;
  guint n_idle;
  Buffer *idle; /* the one used last first: it is in the processor's cache */
};

DfnBufferPool *
dfn_buffer_pool_new (gsize size, guint max_idle)
{
  DfnBufferPool *self = g_new0 (DfnBufferPool, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->mutex);
  self->size = size;
  self->max_idle = max_idle;
  return self;
}

static Buffer *
buffer_new (gsize size)
{
  Buffer *buffer = g_new (Buffer, 1);

  buffer->data = g_aligned_alloc (1, size, DFN_BUFFER_POOL_ALIGNMENT);
  return buffer;
}

static void
buffer_free (Buffer *buffer)
{
  g_aligned_free (buffer->data);
  g_free (buffer);
}

static void
drop_idle (DfnBufferPool *self)
{
  while (self->idle != NULL)
    {
      Buffer *buffer = self->idle;

      self->idle = buffer->next;
      buffer_free (buffer);
    }
  self->n_idle = 0;
}

static void
unref (DfnBufferPool *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  drop_idle (self);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

void
dfn_buffer_pool_free (DfnBufferPool *self)
{
  g_mutex_lock (&self->mutex);
  self->max_idle = 0;
  drop_idle (self);
  g_mutex_unlock (&self->mutex);
  unref (self);
}

static void
give_back (gpointer data)
{
  Buffer *buffer = data;
  DfnBufferPool *self = buffer->pool;
  gboolean is_kept;

  g_mutex_lock (&self->mutex);
  is_kept = self->n_idle < self->max_idle;
  if (is_kept)
    {
      buffer->next = self->idle;
      self->idle = buffer;
      self->n_idle++;
    }
  g_mutex_unlock (&self->mutex);
  if (!is_kept)
    buffer_free (buffer);
  unref (self);
}

GBytes *
dfn_buffer_pool_take (DfnBufferPool *self, gsize length, guint8 **data)
{
  Buffer *buffer;

  g_return_val_if_fail (length <= self->size, NULL);

  g_mutex_lock (&self->mutex);
  buffer = self->idle;
  if (buffer != NULL)
    {
      self->idle = buffer->next;
      self->n_idle--;
    }
  g_mutex_unlock (&self->mutex);
  if (buffer == NULL)
    buffer = buffer_new (self->size);
  g_atomic_ref_count_inc (&self->ref_count);
  buffer->pool = self;
  *data = buffer->data;
  return g_bytes_new_with_free_func (buffer->data, length, give_back, buffer);
}

guint
dfn_buffer_pool_get_n_idle (DfnBufferPool *self)
{
  guint n_idle;

  g_mutex_lock (&self->mutex);
  n_idle = self->n_idle;
  g_mutex_unlock (&self->mutex);
  return n_idle;
}
