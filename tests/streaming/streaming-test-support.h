/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-chunk-store.h"

G_BEGIN_DECLS

/*
 * What several tests of this module need: a folder of their own, files with known content, and
 * waiting for asynchronous results. Functions abort the test when they fail.
 */

/* The bytes of a chunk of a file as small as those of these tests. */
#define CHUNK_SIZE (64 * 1024)

typedef struct {
  char *folder;
} Scratch;

void scratch_set_up (Scratch *scratch, gconstpointer data);
void scratch_tear_down (Scratch *scratch, gconstpointer data);

/* Removes a folder and the files in it, one level deep. */
void scratch_remove (const char *folder);

/* Writes @size bytes that depend on @seed and repeat nowhere; returns the path. */
char *scratch_write (Scratch *scratch, const char *name, gsize size, guint32 seed);
char *scratch_path (Scratch *scratch, const char *name);

/* Stores the result in the GAsyncResult * that @user_data points to. */
void on_test_result (GObject *source, GAsyncResult *result, gpointer user_data);

/* Runs the default context until *@result is set; the caller owns it. */
GAsyncResult *test_wait (GAsyncResult **result);

DfnChunkStore *test_index (const char *path, GError **error);
DfnChunkStore *test_open (const char *output, DfnManifest *manifest, GError **error);
gboolean test_put (DfnChunkStore *store, guint32 index, GBytes *data, GBytes *path, GError **error);
GBytes *test_read (DfnChunkStore *store, guint32 index, GBytes **path, GError **error);
gboolean test_complete (DfnChunkStore *store, GError **error);

/* Reads chunk @index of @from and puts it into @to. */
void test_copy_chunk (DfnChunkStore *from, DfnChunkStore *to, guint32 index);
void test_assert_same_files (const char *a, const char *b);

G_END_DECLS
