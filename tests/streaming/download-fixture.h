/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-streaming-error.h"
#include "streaming-test-support.h"

G_BEGIN_DECLS

/* A file that is shared, and the names of its download in the same folder. */

#define FIXTURE_SIZE (4 * CHUNK_SIZE + 777)
#define FIXTURE_N_CHUNKS 5

typedef struct {
  Scratch scratch;
  char *original;
  char *output;
  char *part;
  char *state;
  DfnChunkStore *source;
  DfnManifest *manifest;
} Fixture;

void fixture_set_up (Fixture *fixture, gconstpointer data);
void fixture_tear_down (Fixture *fixture, gconstpointer data);

/* The download, opened; or the proof that it cannot be, for a reason that says @words. */
DfnChunkStore *fixture_open (Fixture *fixture);
void fixture_assert_open_fails (Fixture *fixture, DfnStreamingError code, const char *words);

/* A download with the first @n chunks, left as an interrupted run leaves it. */
void fixture_interrupt (Fixture *fixture, guint32 n);

/* Copies what is missing, completes the download and compares. */
void fixture_finish (Fixture *fixture, DfnChunkStore *store);

/* Writes text into a file at @offset. */
void test_overwrite (const char *path, goffset offset, const char *bytes);

G_END_DECLS
